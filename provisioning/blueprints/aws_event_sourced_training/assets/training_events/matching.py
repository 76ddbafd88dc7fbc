"""Whether an event matches a pattern of EventBridge.

A rule has matched the event before it comes here; this tells which trigger's rule it was.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, Mapping):
            if not _inside(wanted, event.get(key)):
                return False
        elif not any(_fits(each, event, key) for each in wanted):
            return False
    return True


def _inside(pattern: Mapping[str, Any], value: Any) -> bool:
    """Of a list of objects one has to match."""
    each = value if isinstance(value, list) else [value]
    return any(isinstance(one, Mapping) and matches(pattern, one) for one in each) or (
        value is None and matches(pattern, {})
    )


def _fits(wanted: Any, event: Mapping[str, Any], key: str) -> bool:
    if isinstance(wanted, Mapping) and "exists" in wanted:
        return (key in event) is wanted["exists"]
    if key not in event:
        return False
    values = event[key] if isinstance(event[key], list) else [event[key]]
    return any(_one(wanted, value) for value in values)


def _one(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _equal(wanted, value)
    (operator, operand), *_ = wanted.items()
    known = OPERATORS.get(operator)
    return bool(known and known(operand, value))


def _equal(wanted: Any, value: Any) -> bool:
    """1 and 1.0 are the same, 1 and true are not."""
    return wanted == value and isinstance(wanted, bool) == isinstance(value, bool)


def _ends(cut: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def fits(operand: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(operand, Mapping):
            return cut(value.lower(), str(operand["equals-ignore-case"]).lower())
        return cut(value, operand)

    return fits


def _anything_but(operand: Any, value: Any) -> bool:
    operands = operand if isinstance(operand, list) else [operand]
    return not any(
        any(_one({operator: each}, value) for each in _listed(inner))
        if isinstance(one, Mapping)
        else _equal(one, value)
        for one in operands
        for operator, inner in (one.items() if isinstance(one, Mapping) else [("", None)])
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _numeric(operand: list[Any], value: Any) -> bool:
    """`[">", 0, "<=", 5]`: all of them hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(COMPARISONS[sign](value, number) for sign, number in pairs)


def _wildcard(operand: str, value: Any) -> bool:
    parts = re.findall(r"\\[\\*]|.", operand, flags=re.DOTALL)
    regex = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return isinstance(value, str) and bool(re.fullmatch(regex, value, flags=re.DOTALL))


def _cidr(operand: str, value: Any) -> bool:
    try:
        return ip_address(value) in ip_network(operand)
    except ValueError:
        return False


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _ends(str.startswith),
    "suffix": _ends(str.endswith),
    "equals-ignore-case": lambda wanted, value: (
        isinstance(value, str) and value.lower() == wanted.lower()
    ),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
