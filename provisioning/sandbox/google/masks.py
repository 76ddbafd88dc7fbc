"""Update masks: which fields of a resource a patch changes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.google.bodies import camel
from provisioning.sandbox.google.calls import Call


def masked(call: Call, *, fields: Mapping[str, Any] | None = None) -> list[str]:
    """The paths of the call's mask; without one, the fields that the body has. A `*` stands
    for all that may be given."""
    text = call["updateMask"]
    if text == "*":
        return list(fields or call.body)
    return [camel(path.strip()) for path in text.split(",")] if text else list(call.body)


def patched(resource: Mapping[str, Any], body: Mapping[str, Any], paths: list[str]) -> Any:
    """A copy of the resource in which these paths are as the body has them, or gone."""
    changed = copy.deepcopy(dict(resource))
    for path in paths:
        _put(changed, body, path.split("."))
    return changed


def _put(target: dict[str, Any], source: Mapping[str, Any], path: list[str]) -> None:
    name, *rest = path
    if not rest:
        if name in source:
            target[name] = copy.deepcopy(source[name])
        else:
            target.pop(name, None)
        return
    inner = source.get(name)
    below = target.setdefault(name, {})
    if isinstance(below, dict):
        _put(below, inner if isinstance(inner, Mapping) else {}, rest)
