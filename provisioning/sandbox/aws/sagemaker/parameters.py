"""The parameters of an execution: defaults, and what StartPipelineExecution refuses.

SageMaker checks them against a JSON schema; its words are those of the validator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.sandbox.aws.errors import validation

_JSON_TYPES = {"String": "string", "Integer": "integer", "Float": "number", "Boolean": "boolean"}


def execution_parameters(
    declared: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """All parameters of an execution as text, or ValidationException."""
    values = {each["Name"]: str(each["Value"]) for each in given}
    known = {each["Name"]: each for each in declared}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        names = _quoted(unknown)
        raise validation(
            f"[object instance has properties which are not allowed by the schema: [{names}]]"
        )
    for name, value in values.items():
        _check(known[name], value)
    missing = [n for n, each in known.items() if n not in values and "DefaultValue" not in each]
    if missing:
        raise validation(f"[object has missing required properties ([{_quoted(missing)}])]")
    defaults = {n: _text(each["DefaultValue"]) for n, each in known.items() if n not in values}
    return {name: values.get(name, defaults.get(name, "")) for name in known}


def typed(declared: Mapping[str, Any], value: str) -> Any:
    """A parameter's value in its own type."""
    kind = declared["Type"]
    if kind == "Integer":
        return int(value)
    if kind == "Float":
        return float(value)
    if kind == "Boolean":
        return value.lower() == "true"
    return value


def _check(declared: Mapping[str, Any], value: str) -> None:
    if value == "":
        raise validation('[string "" is too short (length: 0, required minimum: 1)]')
    try:
        converted = typed(declared, value)
    except ValueError as error:
        wanted = _JSON_TYPES[declared["Type"]]
        raise validation(
            "[instance type (string) does not match any allowed primitive type "
            f'(allowed: ["{wanted}"])]'
        ) from error
    if declared["Type"] == "Boolean" and value.lower() not in ("true", "false"):
        raise validation(
            "[instance type (string) does not match any allowed primitive type "
            '(allowed: ["boolean"])]'
        )
    allowed = declared.get("EnumValues")
    if allowed and converted not in allowed:
        options = ",".join(json.dumps(each) for each in allowed)
        raise validation(
            f"[instance value ({json.dumps(converted)}) not found in enum "
            f"(possible values: [{options}])]"
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(names: Sequence[str]) -> str:
    return ",".join(json.dumps(name) for name in names)
