"""Paths, templates, Retry and Catch of a state, as far as they can be judged beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.aws.states.diagnostics import Diagnostic, wrong
from provisioning.sandbox.aws.states.language.intrinsics import (
    BadIntrinsic,
    is_intrinsic,
    read_intrinsic,
)
from provisioning.sandbox.aws.states.language.path_text import read_path
from provisioning.sandbox.aws.states.language.paths import BadPath
from provisioning.sandbox.aws.states.language.scope import is_path
from provisioning.sandbox.aws.states.language.templates import wrong_fields


def data_problems(state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    """Paths and templates."""
    for field, value in state.items():
        if field in ("InputPath", "OutputPath", "ResultPath") and value is None:
            continue
        if field == "ResultPath":
            if not _refers(value):
                yield wrong("Value is not a Reference Path", f"{at}/{field}")
        elif field in ("ErrorPath", "CausePath"):
            if not (_function(value) or (isinstance(value, str) and is_path(value))):
                yield wrong("Value is not a valid JSONPath", f"{at}/{field}")
        elif field.endswith("Path") and not (isinstance(value, str) and is_path(value)):
            yield wrong("Value is not a valid JSONPath", f"{at}/{field}")
        elif field in ("Parameters", "ResultSelector", "ItemSelector", "Assign"):
            for name in wrong_fields(value):
                yield wrong(
                    f"The value for the field '{name}' must be a valid JSONPath or a valid "
                    "intrinsic function call",
                    f"{at}/{field}",
                )


def error_problems(state: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    """Retry and Catch."""
    for field in ("Retry", "Catch"):
        given = state.get(field, [])
        if not isinstance(given, list):
            yield wrong("Expected value of type Array", f"{at}/{field}")
            continue
        for number, each in enumerate(given):
            here = f"{at}/{field}[{number}]"
            names = each.get("ErrorEquals") if isinstance(each, dict) else None
            if not isinstance(names, list) or not names:
                yield wrong("These fields are required: [ErrorEquals]", here)
                continue
            if "States.ALL" in names and (len(names) > 1 or number < len(given) - 1):
                yield wrong("States.ALL must appear alone and in the last element", here)
            if field == "Catch" and "Next" not in each:
                yield wrong("These fields are required: [Next]", here)
            yield from _numbers(each, here)
            yield from data_problems(each, here)


def _numbers(each: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    least = {"IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 1.0, "MaxDelaySeconds": 1}
    for field, low in least.items():
        value = each.get(field, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < low:
            yield wrong(f"Value has to be at least {low}", f"{at}/{field}")
    if each.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
        yield wrong("The field 'JitterStrategy' should have one of these values: [NONE, FULL]", at)


def _refers(value: Any) -> bool:
    try:
        return isinstance(value, str) and read_path(value).refers
    except BadPath:
        return False


def _function(value: Any) -> bool:
    try:
        return isinstance(value, str) and is_intrinsic(value) and bool(read_intrinsic(value))
    except (BadIntrinsic, BadPath):
        return False
