"""What a refresh found otherwise than the engine's state had it, value by value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pulumi.automation import StepEventMetadata, StepEventStateMetadata

from provisioning.contracts import Difference

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 (the engine's key of blinded values)
# "target.input", "tags["a.b"]", "rules[0].id"
STEPS = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
ABSENT = object()


def of_update(step: StepEventMetadata, name: str) -> tuple[Difference, ...]:
    """One for each path that changed. What is secret has no values here."""
    paths = step.detailed_diff or step.diffs or ()
    whole = {"before": _inputs(step.old), "after": _inputs(step.new)}
    found = (_at(step, name, path) for path in paths)
    return tuple(each.model_copy(update=whole) for each in found)


def of_loss(step: StepEventMetadata, name: str) -> Difference:
    return Difference(kind=step.type, name=name, path="", urn=step.urn, before=_inputs(step.old))


def holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return SECRET_MARK in value or any(map(holds_secret, value.values()))
    return isinstance(value, list) and any(map(holds_secret, value))


def _at(step: StepEventMetadata, name: str, path: str) -> Difference:
    old, new = value_at(step.old, path), value_at(step.new, path)
    if holds_secret(old) or holds_secret(new):
        old = new = None
    return Difference(kind=step.type, name=name, path=path, expected=old, found=new, urn=step.urn)


def _inputs(state: StepEventStateMetadata | None) -> dict[str, Any]:
    return dict(state.inputs or {}) if state else {}


def value_at(state: StepEventStateMetadata | None, path: str) -> Any:
    """From the inputs, which are what was wanted; from the outputs where those lack it."""
    if state is None:
        return None
    for tree in (state.inputs, state.outputs):
        found = _inside(tree or {}, path)
        if found is not ABSENT:
            return found
    return None


def _inside(tree: Any, path: str) -> Any:
    here = tree
    for step in _steps(path):
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return here


def _steps(path: str) -> Iterator[str | int]:
    for quoted, number, plain in STEPS.findall(path):
        yield int(number) if number else quoted or plain
