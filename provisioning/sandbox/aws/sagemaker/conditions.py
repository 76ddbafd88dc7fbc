"""The conditions of a Condition step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.aws.sagemaker.references import Unresolvable, Values, resolve

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def all_met(conditions: list[Mapping[str, Any]], values: Values) -> bool:
    """Raises Unresolvable when a condition cannot be decided."""
    return all(_met(condition, values) for condition in conditions)


def _met(condition: Mapping[str, Any], values: Values) -> bool:
    kind = condition.get("Type")
    if kind in _COMPARISONS:
        left = resolve(condition["LeftValue"], values)
        right = resolve(condition["RightValue"], values)
        return _compare(_COMPARISONS[str(kind)], left, right)
    if kind == "In":
        query = resolve(condition.get("QueryValue", condition.get("Value")), values)
        options = [resolve(each, values) for each in condition.get("Values", [])]
        return any(_compare(operator.eq, query, each) for each in options)
    if kind == "Not":
        return not _met(condition["Expression"], values)
    if kind == "Or":
        return any(_met(each, values) for each in condition["Conditions"])
    if kind == "And":
        return all(_met(each, values) for each in condition["Conditions"])
    raise Unresolvable(f"Unknown condition type '{kind}'")


def _compare(comparison: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Numbers are compared as numbers, also where one side came as text."""
    numbers = _number(left), _number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return comparison(numbers[0], numbers[1])
    try:
        return comparison(left, right)
    except TypeError as error:
        raise Unresolvable(f"{left!r} and {right!r} cannot be compared") from error


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
