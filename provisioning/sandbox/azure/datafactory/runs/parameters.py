"""The parameters and variables that a run begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.azure.datafactory.expressions.values import written
from provisioning.sandbox.azure.datafactory.pipeline_checks import invalid_template

_EMPTY: dict[str, Any] = {
    "string": "", "bool": False, "boolean": False, "array": [], "integer": 0
}  # fmt: skip


def with_defaults(
    declared: Mapping[str, Any], given: Mapping[str, Any], *, target: str
) -> dict[str, Any]:
    """A value for each declared parameter; raises RestError where there is none."""
    known = {name.lower(): value for name, value in given.items()}
    values: dict[str, Any] = {}
    for name, each in declared.items():
        value = known.get(name.lower(), each.get("defaultValue"))
        if value is None:
            problem = f"The value for the template parameter '{name}' is not provided"
            raise invalid_template(problem, target=target)
        try:
            values[name] = _typed(value, str(each.get("type", "string")).lower())
        except ValueError as error:
            problem = (
                f"The provided value for the template parameter '{name}' is not valid: expected a "
                f"value of type '{each.get('type')}'"
            )
            raise invalid_template(problem, target=target) from error
    return values


def first_values(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Of variables."""
    return {
        name: each.get("defaultValue", _EMPTY.get(str(each.get("type", "")).lower()))
        for name, each in declared.items()
    }


def _typed(value: Any, kind: str) -> Any:
    if kind == "int" and not isinstance(value, bool):
        return int(value) if isinstance(value, (int, str)) else _fail(value)
    if kind == "float" and not isinstance(value, bool):
        return float(value) if isinstance(value, (int, float, str)) else _fail(value)
    if kind == "bool":
        return _boolean(value)
    if kind in ("array", "object"):
        return _document(value, list if kind == "array" else dict)
    if kind == "securestring":
        return value.get("value") if isinstance(value, Mapping) else written(value)
    return written(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value if isinstance(value, bool) else _fail(value)


def _document(value: Any, kind: type) -> Any:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, kind) else _fail(value)


def _fail(value: Any) -> Any:
    raise ValueError(value)
