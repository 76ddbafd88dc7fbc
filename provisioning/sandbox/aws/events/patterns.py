"""Event patterns: which are valid, and which events they match.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.events.matchers import Invalid, check_matcher, matches

_ABSENT: Any = object()
_LARGEST = 4096


def parse_pattern(text: str) -> dict[str, Any]:
    """The pattern, or InvalidEventPatternException."""
    try:
        return _parsed(text)
    except Invalid as error:
        raise AwsError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from error


@lru_cache(maxsize=512)
def _parsed(text: str) -> dict[str, Any]:
    if len(text) > _LARGEST:
        raise Invalid(f"The pattern is longer than {_LARGEST} characters")
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise Invalid("Invalid JSON") from error
    if not isinstance(pattern, dict):
        raise Invalid("Filter is not an object")
    _check(pattern, ())
    return pattern


def _check(pattern: Mapping[str, Any], path: tuple[str, ...]) -> None:
    if not pattern:
        where = f'"{path[-1]}" is an empty object' if path else "Filter is an empty object"
        raise Invalid(where)
    for name, wanted in pattern.items():
        if name == "$or":
            _check_alternatives(wanted, path)
        elif isinstance(wanted, dict):
            _check(wanted, (*path, name))
        elif isinstance(wanted, list):
            if not wanted:
                raise Invalid("Empty arrays are not allowed")
            for each in wanted:
                check_matcher(each)
        else:
            raise Invalid(f'"{name}" must be an object or an array')


def _check_alternatives(wanted: Any, path: tuple[str, ...]) -> None:
    several = isinstance(wanted, list) and len(wanted) > 1
    if not several or not all(isinstance(each, dict) for each in wanted):
        raise Invalid('"$or" must be an array of at least two objects')
    for each in wanted:
        _check(each, path)


def why_not(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
    """The member of the event that does not match, "detail.status"; None when all do."""
    return _mismatch(pattern, event, "")


def _mismatch(pattern: Mapping[str, Any], event: Any, at: str) -> str | None:
    if isinstance(event, list):  # one and the same element has to match all of it
        found = [_mismatch(pattern, each, at) for each in event]
        return None if None in found else at.rstrip(".")
    for name, wanted in pattern.items():
        if name == "$or":
            if all(_mismatch(each, event, at) for each in wanted):
                return " or ".join(f"{at}{next(iter(each))}" for each in wanted)
            continue
        value = event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT
        missed = (
            _mismatch(wanted, value, f"{at}{name}.")
            if isinstance(wanted, Mapping)
            else _leaf_mismatch(wanted, value, f"{at}{name}")
        )
        if missed:
            return missed
    return None


def _leaf_mismatch(wanted: list[Any], value: Any, at: str) -> str | None:
    if isinstance(value, Mapping):  # a leaf of the pattern needs a leaf of the event
        value = _ABSENT
    values = value if isinstance(value, list) else [value]
    there = value is not _ABSENT and value != []
    for each in wanted:
        if isinstance(each, Mapping) and "exists" in each:
            if each["exists"] == there:
                return None
        elif there and any(matches(each, one) for one in values):
            return None
    return at
