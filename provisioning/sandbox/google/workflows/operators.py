"""What operators and members make of values, and where Workflows raises instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.google.workflows.errors import WorkflowError


def member(holder: Any, key: Any) -> Any:
    try:
        if isinstance(holder, list) and isinstance(key, int):
            return holder[key]
        if isinstance(holder, Mapping):
            return holder[key]
    except (KeyError, IndexError) as error:
        tag = "KeyError" if isinstance(error, KeyError) else "IndexError"
        kind = "key not found" if tag == "KeyError" else "index out of range"
        raise WorkflowError.of(tag, f"{kind}: {key}") from error
    raise WorkflowError.of("TypeError", f"a value of this type has no member '{key}'")


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WorkflowError.of("TypeError", "a condition has to be a boolean")
    return value


def negative(value: Any) -> Any:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WorkflowError.of("TypeError", "unsupported operand type for -")
    return -value


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, str) != isinstance(other, str) or isinstance(one, bool):
        raise TypeError
    return one + other


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "in": lambda one, other: one in other,
    "+": _plus,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "//": lambda one, other: one // other,
    "%": lambda one, other: one % other,
}


def applied(operator: str, one: Any, other: Any) -> Any:
    try:
        return _OPERATORS[operator](one, other)
    except TypeError as error:
        message = f"unsupported operand types for {operator}"
        raise WorkflowError.of("TypeError", message) from error
    except ZeroDivisionError as error:
        raise WorkflowError.of("ZeroDivisionError", "division by zero") from error
