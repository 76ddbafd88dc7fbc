"""The rules of a Choice state: https://states-language.net/#choice-state."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from provisioning.sandbox.aws.states.language.paths import NotThere
from provisioning.sandbox.aws.states.language.problems import runtime
from provisioning.sandbox.aws.states.language.scope import Scope

Rule = Mapping[str, Any]
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def chosen(rule: Rule, scope: Scope) -> bool:
    """Raises EvaluationFailed where the rule's variable leads nowhere."""
    if "And" in rule:
        return all(chosen(inner, scope) for inner in rule["And"])
    if "Or" in rule:
        return any(chosen(inner, scope) for inner in rule["Or"])
    if "Not" in rule:
        return not chosen(rule["Not"], scope)
    name = operator_of(rule)
    if name == "IsPresent":
        return bool(_present(rule, scope) == rule[name])
    value = _looked_up(rule["Variable"], scope)
    wanted = rule[name]
    if name.endswith("Path"):
        wanted = _looked_up(wanted, scope)
    return OPERATORS[name](value, wanted)


def operator_of(rule: Rule) -> str:
    """The one comparison that a rule makes; "" where it makes none."""
    return next((name for name in rule if name in OPERATORS), "")


def _present(rule: Rule, scope: Scope) -> bool:
    try:
        scope.find(rule["Variable"])
    except NotThere:
        return False
    return True


def _looked_up(path: str, scope: Scope) -> Any:
    try:
        return scope.find(path)
    except NotThere as error:
        raise runtime(
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        ) from error


def instant(value: Any) -> datetime | None:
    """A time as ISO 8601 writes it with its offset; None for what is none."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _number(value: Any) -> Any:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return value if numeric else None


def _string(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _compare(
    read: Callable[[Any], Any], test: Callable[[Any, Any], bool]
) -> Callable[[Any, Any], bool]:
    """Values of other types than the operator's never match."""

    def compared(value: Any, wanted: Any) -> bool:
        one, other = read(value), read(wanted)
        return one is not None and other is not None and test(one, other)

    return compared


@cache
def _glob(pattern: str) -> str:
    """Only * is special, and can be escaped."""
    made = re.sub(r"[?\[\]]", lambda found: f"[{found.group()}]", pattern)
    return made.replace("\\*", "[*]").replace("\\\\", "\\")


def _kind(test: Callable[[Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: test(value) == wanted


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, other: bool(one == other),
    "LessThan": lambda one, other: bool(one < other),
    "GreaterThan": lambda one, other: bool(one > other),
    "LessThanEquals": lambda one, other: bool(one <= other),
    "GreaterThanEquals": lambda one, other: bool(one >= other),
}
_TYPES = {"String": _string, "Numeric": _number, "Timestamp": instant}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    f"{kind}{test}{path}": _compare(read, compare)
    for kind, read in _TYPES.items()
    for test, compare in _TESTS.items()
    for path in ("", "Path")
}
OPERATORS |= {
    "BooleanEquals": _compare(_boolean, _TESTS["Equals"]),
    "BooleanEqualsPath": _compare(_boolean, _TESTS["Equals"]),
    "StringMatches": _compare(_string, lambda text, form: fnmatchcase(text, _glob(form))),
    "IsNull": _kind(lambda value: value is None),
    "IsPresent": _kind(lambda value: True),
    "IsNumeric": _kind(lambda value: _number(value) is not None),
    "IsString": _kind(lambda value: isinstance(value, str)),
    "IsBoolean": _kind(lambda value: isinstance(value, bool)),
    "IsTimestamp": _kind(lambda value: instant(value) is not None),
}
