"""What IAM policy documents say: pure evaluation, no state.

moto has an evaluation of its own, but it takes an Allow whose condition is not met for a
Deny, and its patterns do not know `?`.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any


class Verdict(Enum):
    ALLOWED = "allowed"
    DENIED = "explicit deny"
    SILENT = "no statement applies"


class Trust(Enum):
    """What a role's trust policy says of somebody who is no service of AWS."""

    NAMED = "named itself, or everybody is"
    ACCOUNT = "its account is: its own policies have to allow it as well"
    NONE = "no statement applies"
    DENIED = "explicit deny"


Context = Mapping[str, str]
Statement = Mapping[str, Any]


def evaluate(
    documents: Iterable[str], *, action: str, resource: str, context: Context | None = None
) -> Verdict:
    """What identity policies together say about an action on a resource."""
    verdict = Verdict.SILENT
    for statement in _statements(documents):
        if concerns(statement, action, resource, context or {}) and conditions_met(
            statement, context or {}
        ):
            if statement.get("Effect") == "Deny":
                return Verdict.DENIED
            verdict = Verdict.ALLOWED
    return verdict


def asked_of_context(documents: Iterable[str], *, action: str, resource: str) -> set[str]:
    """The keys that conditions of the statements about this ask for."""
    return {
        key
        for statement in _statements(documents)
        if concerns(statement, action, resource, {})
        for keys in statement.get("Condition", {}).values()
        for key in keys
    }


def is_document(text: str) -> bool:
    try:
        parsed = json.loads(text)
    except ValueError:
        return False
    return isinstance(parsed, dict) and "Statement" in parsed


def trusts(document: str, *, service: str, context: Context | None = None) -> bool:
    """Whether a role's trust policy lets a service assume it."""
    return _granted(document, service, context or {}, _assumes)


def trust_in(
    document: str,
    *,
    action: str,
    names: Collection[str],
    account: str = "",
    kind: str = "AWS",
    context: Context | None = None,
) -> Trust:
    """`names` are the ARNs of a user, of a session and its role, or, where the kind of principal
    is "Federated", of an identity provider."""
    trust = Trust.NONE
    for statement in _statements([document]):
        if "Resource" in statement or not _matches_any(
            statement.get("Action"), action, ignore_case=True
        ):
            continue
        named = _names_principal(statement.get("Principal"), kind, names, account)
        if named is Trust.NONE or not conditions_met(statement, context or {}):
            continue
        if statement.get("Effect") == "Deny":
            return Trust.DENIED
        trust = named if trust is not Trust.NAMED else trust
    return trust


def grants(
    document: str, *, service: str, action: str, resource: str, context: Context | None = None
) -> bool:
    """Whether a resource's own policy lets a service do something with it."""
    return _granted(
        document, service, context or {}, lambda each: concerns(each, action, resource, {})
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
            and conditions_met(statement, context)
        )
        if applies and statement.get("Effect") == "Deny":
            return False
        granted = granted or applies
    return granted


def _statements(documents: Iterable[str]) -> Iterable[dict[str, Any]]:
    for document in documents:
        yield from _as_list(_parsed(document).get("Statement"))


@lru_cache(maxsize=4096)
def _parsed(document: str) -> dict[str, Any]:
    parsed = json.loads(document)
    return parsed if isinstance(parsed, dict) else {}


def _names_service(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    named = principal if isinstance(principal, dict) else {}
    return service in _as_list(named.get("Service")) or "*" in _as_list(named.get("AWS"))


def _names_principal(principal: Any, kind: str, names: Collection[str], account: str) -> Trust:
    named = principal if isinstance(principal, dict) else {kind: principal}
    every = set(_as_list(named.get(kind)))
    if every & {"*", *names}:
        return Trust.NAMED
    return Trust.ACCOUNT if every & {account, f"arn:aws:iam::{account}:root"} else Trust.NONE


def concerns(statement: Statement, action: str, resource: str, context: Context) -> bool:
    if "NotAction" in statement:
        concerned = not _matches_any(statement["NotAction"], action, ignore_case=True)
    else:
        concerned = _matches_any(statement.get("Action"), action, ignore_case=True)
    if not concerned:
        return False
    if "NotResource" in statement:
        return not _matches_any(_filled(statement["NotResource"], context), resource)
    return _matches_any(_filled(statement.get("Resource"), context), resource)


def _filled(patterns: Any, context: Context) -> list[str]:
    """With the policy's variables replaced; a pattern with an unknown one matches nothing."""
    every = [str(each) for each in _as_list(patterns)]
    if not any("${" in each for each in every):
        return every
    lowered = {name.lower(): value for name, value in context.items()}
    filled = []
    for each in every:
        names = [name.strip().lower() for name in _VARIABLE.findall(each)]
        if all(name in lowered for name in names):
            filled.append(_VARIABLE.sub(lambda found: lowered[found[1].strip().lower()], each))
    return filled


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _matches_any(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    return any(_pattern(each, ignore_case).fullmatch(value) for each in _as_list(patterns))


@lru_cache(maxsize=4096)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    translated = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile(translated, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def conditions_met(statement: Statement, context: Context) -> bool:
    return all(
        _condition_met(name, key, _filled(wanted, context), context)
        for name, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _condition_met(wording: str, key: str, wanted: list[str], context: Context) -> bool:
    lowered = {name.lower(): value for name, value in context.items()}
    actual = lowered.get(key.lower())
    name = wording.rpartition(":")[2]
    if name == "Null":
        return (actual is None) == (str(wanted[0]).lower() == "true")
    if actual is None:
        return name.endswith("IfExists") or "Not" in name
    comparison = _COMPARISONS.get(name.removesuffix("IfExists"))
    # An operator that is not known here must not open a door.
    return comparison is not None and comparison(actual, wanted)


Comparison = Callable[[str, list[str]], bool]


def _equals(actual: str, wanted: list[str]) -> bool:
    return actual in wanted


def _equals_ignoring_case(actual: str, wanted: list[str]) -> bool:
    return actual.lower() in [each.lower() for each in wanted]


def _like(actual: str, wanted: list[str]) -> bool:
    return _matches_any(wanted, actual)


def _negated(comparison: Comparison) -> Comparison:
    return lambda actual, wanted: not comparison(actual, wanted)


def _ordered(read: Callable[[str], float], test: Callable[[float, float], bool]) -> Comparison:
    """Of numbers and dates; what cannot be read compares with nothing."""

    def compare(actual: str, wanted: list[str]) -> bool:
        try:
            return any(test(read(actual), read(each)) for each in wanted)
        except ValueError:
            return False

    return compare


def _moment(text: str) -> float:
    if text.replace(".", "", 1).isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _within(actual: str, wanted: list[str]) -> bool:
    try:
        address = ip_address(actual)
        return any(address in ip_network(each, strict=False) for each in wanted)
    except ValueError:
        return False


_TESTS = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
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
    "IpAddress": _within,
    "NotIpAddress": _negated(_within),
    **{f"Numeric{name}": _ordered(float, test) for name, test in _TESTS.items()},
    **{f"Date{name}": _ordered(_moment, test) for name, test in _TESTS.items()},
}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
