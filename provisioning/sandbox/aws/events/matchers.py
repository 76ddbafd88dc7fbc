"""The values and operators that the leaves of an event pattern are made of."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_IGNORING_CASE = "equals-ignore-case"


class Invalid(Exception):
    """Why a pattern is refused."""


def check_matcher(wanted: Any) -> None:
    """Raise Invalid unless it is a plain value or an operator that EventBridge knows."""
    if isinstance(wanted, list):
        raise Invalid("Match value must be String, number, true, false, or null")
    if not isinstance(wanted, Mapping):
        return
    if len(wanted) != 1:
        raise Invalid("Only one key allowed in match expression")
    ((name, value),) = wanted.items()
    if name not in _CHECKS:
        raise Invalid(f"Unrecognized match type {name}")
    _CHECKS[name](name, value)


def _check_affix(name: str, value: Any) -> None:
    text = value.get(_IGNORING_CASE) if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not text:
        raise Invalid(f"{name} match pattern must be a string")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise Invalid(f"{name} match pattern must be a string")


def _check_exists(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise Invalid("exists match pattern must be either true or false.")


def _check_wildcard(name: str, value: Any) -> None:
    _check_text(name, value)
    if "**" in value:
        raise Invalid(f"Consecutive wildcard characters at pos {value.index('**') + 1}")
    if re.search(r"\\(?![*\\])", value):
        raise Invalid("Invalid escape character in wildcard")


def _check_cidr(name: str, value: Any) -> None:
    _check_text(name, value)
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise Invalid(f"Malformed CIDR, {value}") from error


def _check_numeric(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise Invalid("Value of numeric must be an array.")
    operators, numbers = value[::2], value[1::2]
    if len(value) not in (2, 4) or not all(map(_is_number, numbers)):
        raise Invalid("Bad numeric range: an operator and a number, once or twice")
    for operator in operators:
        if operator not in _COMPARE:
            raise Invalid(f"Unrecognized numeric range operator: {operator}")
    if len(value) == 4:
        (first, second), (low, high) = operators, numbers
        if not first.startswith(">") or not second.startswith("<") or low >= high:
            raise Invalid("Bottom must be less than top")


def _check_anything_but(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        if len(value) != 1:
            raise Invalid("Only one key allowed in match expression")
        ((inner, wanted),) = value.items()
        if inner not in ("prefix", "suffix", "wildcard", _IGNORING_CASE):
            raise Invalid(f"Unsupported anything-but pattern: {inner}")
        for each in _listed(wanted):
            _CHECKS[inner](inner, each)
        return
    values = _listed(value)
    kinds = {type(each) for each in values if not _is_number(each)}
    if not values or any(kind is not str for kind in kinds):
        raise Invalid("anything-but list must not be empty, and of strings or numbers")


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "anything-but": _check_anything_but,
    "cidr": _check_cidr,
    _IGNORING_CASE: _check_text,
    "exists": _check_exists,
    "numeric": _check_numeric,
    "prefix": _check_affix,
    "suffix": _check_affix,
    "wildcard": _check_wildcard,
}


# ── Matching ────────────────────────────────────────────────────────────────────────


def matches(wanted: Any, value: Any) -> bool:
    """Whether one value of an event is what one member of a pattern's array wants."""
    if not isinstance(wanted, Mapping):
        return _equal(wanted, value)
    ((name, operand),) = wanted.items()
    return _MATCH[name](operand, value)


def _equal(wanted: Any, value: Any) -> bool:
    if _is_number(wanted) and _is_number(value):
        return bool(float(wanted) == float(value))
    return type(wanted) is type(value) and bool(wanted == value)


def _affix(begins: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def match(operand: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(operand, Mapping):
            return begins(value.lower(), str(operand[_IGNORING_CASE]).lower())
        return begins(value, operand)

    return match


def _ignoring_case(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == operand.lower()


def _wildcard(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and _compiled(operand).fullmatch(value) is not None


@cache
def _compiled(text: str) -> re.Pattern[str]:
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+", text)
    made = (".*" if part == "*" else re.escape(re.sub(r"\\(.)", r"\1", part)) for part in parts)
    return re.compile("".join(made), re.DOTALL)


def _numeric(operand: Any, value: Any) -> bool:
    if not _is_number(value):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_COMPARE[operator](value, number) for operator, number in pairs)


def _cidr(operand: Any, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((name, wanted),) = operand.items()
        return not any(_MATCH[name](each, value) for each in _listed(wanted))
    return not any(_equal(each, value) for each in _listed(operand))


_MATCH: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    _IGNORING_CASE: _ignoring_case,
    "numeric": _numeric,
    "prefix": _affix(str.startswith),
    "suffix": _affix(str.endswith),
    "wildcard": _wildcard,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
