"""What each step of a pipeline definition waits for: the edges of a run's graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .footprint import BRANCHES


def order(definition: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Step → the steps it waits for: those it names, refers to, or stands in a branch of."""
    found = dict(_waits(definition.get("Steps", ()), inside=()))
    return {
        name: tuple(dict.fromkeys(each for each in before if each in found and each != name))
        for name, before in found.items()
    }


def _waits(
    steps: Sequence[Mapping[str, Any]], inside: tuple[str, ...]
) -> Iterator[tuple[str, list[str]]]:
    for step in steps:
        name, arguments = str(step.get("Name")), step.get("Arguments") or {}
        branches = {key: arguments[key] for key in BRANCHES if key in arguments}
        own = {**step, "Arguments": {k: v for k, v in arguments.items() if k not in branches}}
        yield name, [*step.get("DependsOn", ()), *_referred(own), *inside]
        for inner in branches.values():
            yield from _waits(inner or (), inside=(name,))


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        where, _, rest = str(value.get("Get", "")).partition(".")
        if where == "Steps":
            yield re.split(r"[.\[]", rest)[0]
        for inner in value.values():
            yield from _referred(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _referred(inner)
