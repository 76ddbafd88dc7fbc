"""Event Grid's filters: by the subject, and by values inside of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def begins(text: str, start: str) -> bool:
    """Subjects are compared without regard to case, unless somebody says otherwise."""
    return text.lower().startswith(start.lower())


def ends(text: str, end: str) -> bool:
    return text.lower().endswith(end.lower())


def unmet(filters: Iterable[Mapping[str, Any]], event: Mapping[str, Any]) -> str:
    """In words, the first advanced filter that an event does not pass; "" of none."""
    for each in filters:
        operator, key = str(each.get("operatorType", "")), str(each.get("key", ""))
        values = each.get("values")
        wanted = values if isinstance(values, list) else [each.get("value")]
        found = _find(event, key)
        test = _OPERATORS.get(operator)
        if test is None:
            return f"the operator '{operator}' is unknown"
        if not test(found, wanted):
            return f"{key} is {found!r}, which does not pass {operator} {wanted}"
    return ""


def _find(event: Mapping[str, Any], key: str) -> Any:
    value: Any = event
    for part in key.split("."):
        names = {str(name).lower(): name for name in value} if isinstance(value, Mapping) else {}
        if part.lower() not in names:
            return None
        value = value[names[part.lower()]]
    return value


Test = Callable[[Any, list[Any]], bool]


def _texts(holds: Callable[[str, str], bool]) -> Test:
    return lambda found, wanted: (
        isinstance(found, str) and any(holds(found.lower(), str(each).lower()) for each in wanted)
    )


def _numbers(holds: Callable[[float, float], bool]) -> Test:
    return lambda found, wanted: (
        _is_number(found) and any(holds(found, each) for each in wanted if _is_number(each))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _in_range(found: Any, wanted: list[Any]) -> bool:
    return _is_number(found) and any(low <= found <= high for low, high in wanted)


def _not(test: Test) -> Test:
    """An event that does not have the key at all passes what says "not"."""
    return lambda found, wanted: not test(found, wanted)


_TEXT_IN = _texts(lambda found, each: found == each)
_CONTAINS = _texts(lambda found, each: each in found)
_BEGINS = _texts(lambda found, each: found.startswith(each))
_ENDS = _texts(lambda found, each: found.endswith(each))
_NUMBER_IN = _numbers(lambda found, each: found == each)
_OPERATORS: dict[str, Test] = {
    "BoolEquals": lambda found, wanted: isinstance(found, bool) and found in wanted,
    "IsNotNull": lambda found, wanted: found is not None,
    "IsNullOrUndefined": lambda found, wanted: found is None,
    "NumberGreaterThan": _numbers(lambda found, each: found > each),
    "NumberGreaterThanOrEquals": _numbers(lambda found, each: found >= each),
    "NumberIn": _NUMBER_IN,
    "NumberInRange": _in_range,
    "NumberLessThan": _numbers(lambda found, each: found < each),
    "NumberLessThanOrEquals": _numbers(lambda found, each: found <= each),
    "NumberNotIn": _not(_NUMBER_IN),
    "NumberNotInRange": _not(_in_range),
    "StringBeginsWith": _BEGINS,
    "StringContains": _CONTAINS,
    "StringEndsWith": _ENDS,
    "StringIn": _TEXT_IN,
    "StringNotBeginsWith": _not(_BEGINS),
    "StringNotContains": _not(_CONTAINS),
    "StringNotEndsWith": _not(_ENDS),
    "StringNotIn": _not(_TEXT_IN),
}
