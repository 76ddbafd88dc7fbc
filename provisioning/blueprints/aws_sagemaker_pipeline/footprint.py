"""What a pipeline definition touches: addresses in S3, images, jobs by type. From this the
execution role's permissions follow, for a form and for pasted JSON alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

IMAGE = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.[a-z.]+/"
    r"(?P<repository>[a-z0-9][a-z0-9._/-]*)"
)
WRITTEN = frozenset({"S3Output", "OutputDataConfig", "TransformOutput", "CheckpointConfig"})
BRANCHES = ("IfSteps", "ElseSteps")


@dataclass
class Footprint:
    reads: set[str] = field(default_factory=set)  # S3 prefixes
    writes: set[str] = field(default_factory=set)
    images: set[tuple[str, str, str]] = field(default_factory=set)  # account, region, repository
    steps: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)  # by type
    roles: set[str] = field(default_factory=set)  # that steps name themselves
    experiments: bool = False
    networks: bool = False  # a step runs inside a VPC


def footprint(definition: Mapping[str, Any]) -> Footprint:
    """Of a definition that has been checked."""
    found = Footprint(experiments=definition.get("PipelineExperimentConfig", {}) is not None)
    for step in all_steps(definition.get("Steps", [])):
        found.steps.setdefault(str(step.get("Type")), []).append(step)
    values = {
        str(each.get("Name")): [each.get("DefaultValue", ""), *each.get("EnumValues", [])]
        for each in definition.get("Parameters", [])
    }
    found.networks = '"VpcConfig"' in json.dumps(definition)
    for path, text in _texts(definition.get("Steps", []), values, ()):
        _note(found, path, text)
    return found


def _note(found: Footprint, path: tuple[str, ...], text: str) -> None:
    if re.match(r"s3://[a-z0-9]", text):
        found.reads.add(text)
        if WRITTEN.intersection(path):
            found.writes.add(text)
    elif image := IMAGE.match(text):
        found.images.add((image["account"], image["region"], image["repository"]))
    elif path and path[-1] in ("RoleArn", "ExecutionRoleArn"):
        found.roles.add(text)


def all_steps(steps: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those in the branches of conditions included."""
    for step in steps:
        yield step
        for branch in BRANCHES:
            yield from all_steps(step.get("Arguments", {}).get(branch, []))


def _texts(
    value: Any, values: Mapping[str, list[Any]], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text with its path. A reference counts as what its parameter can be."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, values, path)
    elif isinstance(value, Mapping):
        if set(value) <= {"Get", "Std:Join"} and value:
            for text in _resolved(value, values):
                yield path, text
            return
        for key, inner in value.items():
            yield from _texts(inner, values, (*path, key))


def _resolved(value: Any, values: Mapping[str, list[Any]]) -> list[str]:
    """What a reference can be, as far as it is known now: a join ends where it is not."""
    if not isinstance(value, Mapping):
        return [str(value)]
    if "Get" in value:
        name = str(value["Get"]).removeprefix("Parameters.")
        return [str(each) for each in values.get(name, [])]
    join = value.get("Std:Join", {})
    starts = [""]
    for position, piece in enumerate(join.get("Values", [])):
        options = _resolved(piece, values)
        if not options:
            break
        between = str(join.get("On", "")) if position else ""
        starts = [start + between + option for start in starts for option in options]
    return starts
