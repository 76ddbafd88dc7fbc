"""What IAM policy documents say: pure evaluation, no state.

moto has an evaluation of its own, but it takes an Allow whose condition is not met for a
Deny, and its patterns do not know `?`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any


class Verdict(Enum):
    ALLOWED = "allowed"
    DENIED = "explicit deny"
    SILENT = "no statement applies"


Context = Mapping[str, str]
Statement = Mapping[str, Any]


def evaluate(
    documents: Iterable[str], *, action: str, resource: str, context: Context | None = None
) -> Verdict:
    """What identity policies together say about an action on a resource."""
    verdict = Verdict.SILENT
    for statement in _statements(documents):
        if _concerns(statement, action, resource) and _conditions_met(statement, context or {}):
            if statement.get("Effect") == "Deny":
                return Verdict.DENIED
            verdict = Verdict.ALLOWED
    return verdict


def trusts(document: str, *, service: str, context: Context | None = None) -> bool:
    """Whether a role's trust policy lets a service assume it."""
    return _granted(document, service, context or {}, _assumes)


def grants(
    document: str, *, service: str, action: str, resource: str, context: Context | None = None
) -> bool:
    """Whether a resource's own policy lets a service do something with it."""
    return _granted(
        document, service, context or {}, lambda each: _concerns(each, action, resource)
    )


def _assumes(statement: Statement) -> bool:
    return _matches_any(statement.get("Action"), "sts:AssumeRole", ignore_case=True)


def _granted(
    document: str, service: str, context: Context, concerned: Callable[[Statement], bool]
) -> bool:
    granted = False
    for statement in _statements([document]):
        applies = (
            concerned(statement)
            and _names_service(statement.get("Principal"), service)
            and _conditions_met(statement, context)
        )
        if applies and statement.get("Effect") == "Deny":
            return False
        granted = granted or applies
    return granted


def _statements(documents: Iterable[str]) -> Iterable[dict[str, Any]]:
    for document in documents:
        yield from _as_list(_parsed(document).get("Statement"))


@cache
def _parsed(document: str) -> dict[str, Any]:
    parsed = json.loads(document)
    return parsed if isinstance(parsed, dict) else {}


def _names_service(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    named = principal if isinstance(principal, dict) else {}
    return service in _as_list(named.get("Service")) or "*" in _as_list(named.get("AWS"))


def _concerns(statement: Statement, action: str, resource: str) -> bool:
    if "NotAction" in statement:
        concerned = not _matches_any(statement["NotAction"], action, ignore_case=True)
    else:
        concerned = _matches_any(statement.get("Action"), action, ignore_case=True)
    if not concerned:
        return False
    if "NotResource" in statement:
        return not _matches_any(statement["NotResource"], resource)
    return _matches_any(statement.get("Resource"), resource)


def _matches_any(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    return any(_pattern(each, ignore_case).fullmatch(value) for each in _as_list(patterns))


@cache
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    translated = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile(translated, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def _conditions_met(statement: Statement, context: Context) -> bool:
    return all(
        _condition_met(operator, key, _as_list(wanted), context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _condition_met(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    lowered = {name.lower(): value for name, value in context.items()}
    actual = lowered.get(key.lower())
    name = operator.rpartition(":")[2]
    if name == "Null":
        return (actual is None) == (str(wanted[0]).lower() == "true")
    if actual is None:
        return name.endswith("IfExists") or "Not" in name
    comparison = _COMPARISONS.get(name.removesuffix("IfExists"))
    # An operator that is not known here must not open a door.
    return comparison is not None and comparison(actual, [str(each) for each in wanted])


Comparison = Callable[[str, list[str]], bool]


def _equals(actual: str, wanted: list[str]) -> bool:
    return actual in wanted


def _equals_ignoring_case(actual: str, wanted: list[str]) -> bool:
    return actual.lower() in [each.lower() for each in wanted]


def _like(actual: str, wanted: list[str]) -> bool:
    return _matches_any(wanted, actual)


def _negated(comparison: Comparison) -> Comparison:
    return lambda actual, wanted: not comparison(actual, wanted)


_COMPARISONS: dict[str, Comparison] = {
    "StringEquals": _equals,
    "StringNotEquals": _negated(_equals),
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringNotEqualsIgnoreCase": _negated(_equals_ignoring_case),
    "StringLike": _like,
    "StringNotLike": _negated(_like),
    "ArnEquals": _like,
    "ArnNotEquals": _negated(_like),
    "ArnLike": _like,
    "ArnNotLike": _negated(_like),
    "Bool": _equals_ignoring_case,
}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
