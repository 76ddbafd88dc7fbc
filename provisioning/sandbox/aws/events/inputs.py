"""What a target is given: the event, a part of it, or a text made of parts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import validation

_PLACE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")
ONE_OF = ("Input", "InputPath", "InputTransformer")


def check_input(target: Mapping[str, Any]) -> None:
    """Raise ValidationException in EventBridge's words."""
    given = [name for name in ONE_OF if target.get(name)]
    if len(given) > 1:
        raise validation(
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{target['Id']}."
        )
    if target.get("Input"):
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise validation(f"JSON syntax error in input for target {target['Id']}") from error
    if target.get("InputTransformer"):
        _check_transformer(target["InputTransformer"], target["Id"])


def _check_transformer(transformer: Mapping[str, Any], id: str) -> None:
    names = set(transformer.get("InputPathsMap") or {})
    for name in names:
        if name.lower().startswith("aws"):
            raise validation(f'The key "{name}" is reserved for target {id}.')
    template = transformer["InputTemplate"]
    unknown = {
        name for name in _PLACE.findall(template) if not name.startswith("aws.events.")
    } - names
    if unknown:
        raise validation(
            f"InputTemplate for target {id} contains invalid placeholder {sorted(unknown)}."
        )


def given_to(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """The text that the target is called with."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return _dumped(at_path(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event, rule_arn)
    return _dumped(event)


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    paths = transformer.get("InputPathsMap") or {}
    values = {name: at_path(event, path) for name, path in paths.items()}
    values |= {
        "aws.events.event.json": event,
        "aws.events.event": {k: v for k, v in event.items() if k != "detail"},
        "aws.events.event.ingestion-time": event.get("time"),
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
    }
    template = str(transformer["InputTemplate"])

    def filled(match: re.Match[str]) -> str:
        # Within quotes a value is put as it is; bare, as JSON writes it.
        value = values.get(match[1])
        quoted = _inside_quotes(template[: match.start()])
        if isinstance(value, str) and quoted:
            return json.dumps(value)[1:-1]
        if quoted and value is not None:
            return json.dumps(_dumped(value))[1:-1]
        return "" if value is None and quoted else _dumped(value)

    return _PLACE.sub(filled, template)


def _inside_quotes(text: str) -> bool:
    return len(re.findall(r'(?<!\\)"', text)) % 2 == 1


def at_path(event: Any, path: str) -> Any:
    """What a JSON path such as $.detail.object.key leads to; None when to nothing."""
    found = event
    for step in _STEP.finditer(path.removeprefix("$")):
        name, index = step[1] or step[3], step[2]
        if name and isinstance(found, Mapping):
            found = found.get(name)
        elif index and isinstance(found, list) and int(index) < len(found):
            found = found[int(index)]
        else:
            return None
    return found


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
