"""Nested values from the flat names of a posted form, and back into their place.

`settings.steps.0.image` is the name of an input; a list also posts `settings.steps.#`, its
length, so that an empty list differs from one that was not on the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LENGTH = "#"
MOST_ITEMS = 500
DEEPEST = 24


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The posted pairs as dicts and lists of strings. Of a repeated name the last one counts."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        parts = name.split(".")[:DEEPEST]
        _place(root, parts, value)
    listed = _listed(root)
    assert isinstance(listed, dict)
    return listed


def _place(root: dict[str, Any], parts: list[str], value: str) -> None:
    node = root
    for part in parts[:-1]:
        child = node.get(part)
        if not isinstance(child, dict):
            child = node[part] = {}
        node = child
    if not isinstance(node.get(parts[-1]), dict):
        node[parts[-1]] = value


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if LENGTH in node:
        return [_listed(node.get(str(n), {})) for n in range(_length(node[LENGTH]))]
    return {name: _listed(child) for name, child in node.items()}


def _length(text: Any) -> int:
    return min(int(text), MOST_ITEMS) if isinstance(text, str) and text.isdecimal() else 0


def merge(old: Any, new: Any) -> Any:
    """`new` over `old`. What was not on the page stays, so that a changed choice loses nothing."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: merge(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        olds = [*old, *([None] * len(new))]
        return [merge(was, now) for was, now in zip(olds, new, strict=False)]
    return new


def at(root: Any, parts: Iterable[str]) -> Any:
    """What is at this path, or None."""
    for part in parts:
        if isinstance(root, dict):
            root = root.get(part)
        elif isinstance(root, list) and part.isdecimal() and int(part) < len(root):
            root = root[int(part)]
        else:
            return None
    return root


def put(root: Any, parts: list[str], value: Any) -> Any:
    """A copy of `root` with `value` at this path; dicts on the way are made."""
    if not parts:
        return value
    first, rest = parts[0], parts[1:]
    if isinstance(root, list):
        n = int(first) if first.isdecimal() else -1
        return [put(item, rest, value) if i == n else item for i, item in enumerate(root)]
    below = root if isinstance(root, dict) else {}
    return {**below, first: put(below.get(first), rest, value)}
