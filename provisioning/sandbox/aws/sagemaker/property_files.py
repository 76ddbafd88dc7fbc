"""The property files that a processing step writes for later steps to read.

A real container would write them; the simulated one writes what the definition reads:
each path that a JsonGet names, with a believable value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.aws.sagemaker.chance import metric_value
from provisioning.sandbox.aws.sagemaker.definition import ParsedDefinition, StepSpec
from provisioning.sandbox.aws.sagemaker.references import path_tokens


def property_files(
    step: StepSpec, definition: ParsedDefinition, seed: str
) -> list[tuple[str, str, str]]:
    """Output name, path in the output and JSON text of each."""
    files = []
    for file in step.raw.get("PropertyFiles", []):
        reference = f"Steps.{step.name}.PropertyFiles.{file['PropertyFileName']}"
        content: dict[str, Any] = {}
        for each in definition.steps:
            for path in _paths(each.raw, reference):
                _put(content, path_tokens(path.removeprefix("$")), metric_value(path, seed))
        files.append((file["OutputName"], file["FilePath"], json.dumps(content, indent=2)))
    return files


def _paths(value: Any, reference: str) -> Iterator[str]:
    """The paths that JsonGets read from one property file."""
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, reference)
    elif isinstance(value, dict):
        wanted = value.get("Std:JsonGet")
        if isinstance(wanted, dict) and wanted.get("PropertyFile") == {"Get": reference}:
            yield str(wanted.get("Path", ""))
        for item in value.values():
            yield from _paths(item, reference)


def _put(content: Any, tokens: list[str | int], value: float) -> None:
    """Set the value at a path, making objects and lists on the way."""
    for number, token in enumerate(tokens):
        last = number == len(tokens) - 1
        below: Any = value if last else [] if isinstance(tokens[number + 1], int) else {}
        if isinstance(content, list):
            position = int(token)
            content.extend([None] * (position + 1 - len(content)))
            if last or content[position] is None:
                content[position] = below
            content = content[position]
        else:
            content = content.setdefault(str(token), below)
