"""Compare what was asked with what there is, property by property, by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provisioning.sandbox.provider.paths import covers, written
from provisioning.sandbox.provider.properties import Kind, Property
from provisioning.sandbox.provider.values import Path, Properties, has_unknown, is_unknown


class Change(StrEnum):
    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Difference:
    path: Path
    change: Change
    replaces: bool

    @property
    def written(self) -> str:
        return written(self.path)

    @property
    def top(self) -> str:
        return str(self.path[0])


def differences(
    fields: Mapping[str, Property],
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    *,
    ignored: tuple[str, ...] = (),
) -> list[Difference]:
    """All changes from `olds` (the last known state) to `news` (checked inputs)."""
    found = _fields_differ(fields, olds, news, (), replaces=False)
    return [one for one in found if not any(covers(path, one.written) for path in ignored)]


def _fields_differ(
    fields: Mapping[str, Property],
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    at: Path,
    *,
    replaces: bool,
) -> Iterator[Difference]:
    for name, prop in fields.items():
        yield from _differ(
            prop,
            olds.get(name),
            news.get(name),
            (*at, name),
            replaces=replaces or prop.replaces,
        )


def _differ(
    prop: Property, old: Any, new: Any, at: Path, *, replaces: bool
) -> Iterator[Difference]:
    if new is None:
        if not prop.computed and not _nothing(prop, old):
            yield Difference(at, Change.DELETE, replaces)
    elif _nothing(prop, old):
        if not _nothing(prop, new):
            yield Difference(at, Change.ADD, replaces)
    elif prop.kind is Kind.RECORD and isinstance(new, Mapping) and isinstance(old, Mapping):
        yield from _fields_differ(prop.fields, old, new, at, replaces=replaces)
    elif prop.item and isinstance(new, Mapping) and isinstance(old, Mapping):
        yield from _entries_differ(prop.item, old, new, at, replaces=replaces)
    elif prop.item and not prop.is_set and isinstance(new, list) and isinstance(old, list):
        entries = dict(enumerate(old)), dict(enumerate(new))
        yield from _entries_differ(prop.item, *entries, at, replaces=replaces)
    elif prop.kind is Kind.ANY and prop.same is None:
        yield from _anything_differs(prop, old, new, at, replaces=replaces)
    elif not equal(prop, old, new):
        yield Difference(at, Change.UPDATE, replaces)


def _anything_differs(
    prop: Property, old: Any, new: Any, at: Path, *, replaces: bool
) -> Iterator[Difference]:
    """Leaf by leaf."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        olds: dict[Any, Any] = {
            key: value for key, value in old.items() if key in new or key not in prop.told
        }
        news: dict[Any, Any] = dict(new)
    elif isinstance(old, list) and isinstance(new, list):
        olds, news = dict(enumerate(old)), dict(enumerate(new))
    else:
        if is_unknown(new) or not (old == new or _hides(prop, old, new)):
            yield Difference(at, Change.UPDATE, replaces)
        return
    for key in [*olds, *(key for key in news if key not in olds)]:
        path = (*at, key)
        if key not in news:
            yield Difference(path, Change.DELETE, replaces)
        elif key not in olds:
            yield Difference(path, Change.ADD, replaces)
        else:
            yield from _anything_differs(prop, olds[key], news[key], path, replaces=replaces)


def _hides(prop: Property, old: Any, new: Any) -> bool:
    """Whether the cloud shows its mask in `old` for what is secret in `new`."""
    if not prop.mask or not isinstance(old, str) or prop.mask not in old:
        return False
    shape = ".*".join(re.escape(part) for part in old.split(prop.mask))
    return isinstance(new, str) and re.fullmatch(shape, new, re.DOTALL) is not None


def _entries_differ(
    item: Property, olds: Mapping[Any, Any], news: Mapping[Any, Any], at: Path, *, replaces: bool
) -> Iterator[Difference]:
    for key in [*olds, *(key for key in news if key not in olds)]:
        path = (*at, key)
        if key not in news:
            yield Difference(path, Change.DELETE, replaces)
        elif key not in olds:
            yield Difference(path, Change.ADD, replaces)
        else:
            yield from _differ(item, olds[key], news[key], path, replaces=replaces)


def _nothing(prop: Property, value: Any) -> bool:
    """Absent, or what absent means: an empty text or list, a plain no."""
    if value is None or value == "" or value == [] or value == {}:
        return True
    return value is False and prop.default is None


def equal(prop: Property, old: Any, new: Any) -> bool:
    if has_unknown(new):
        return False
    if prop.is_set and isinstance(old, list) and isinstance(new, list):
        return _same_members(prop, old, new)
    if prop.kind is Kind.ANY and prop.same is None:
        return not list(_anything_differs(prop, old, new, ("",), replaces=False))
    return bool(prop.same(old, new)) if prop.same else bool(old == new)


def _same_members(prop: Property, old: list[Any], new: list[Any]) -> bool:
    left = list(old)
    for one in new:
        match = next((other for other in left if _same_item(prop.item, other, one)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _same_item(item: Property | None, old: Any, new: Any) -> bool:
    return item is not None and not list(_differ(item, old, new, ("",), replaces=False))


# ── What Read found, told in the words of before ────────────────────────────────────


def keep_spelling(
    fields: Mapping[str, Property], before: Mapping[str, Any], live: Mapping[str, Any]
) -> Properties:
    """The live values, but written as before wherever they mean the same."""
    return {
        name: _spelled(fields[name], before.get(name), value) if name in fields else value
        for name, value in live.items()
    }


def _spelled(prop: Property, before: Any, live: Any) -> Any:
    if before is None or live is None:
        return live
    if prop.kind is Kind.RECORD and isinstance(before, Mapping) and isinstance(live, Mapping):
        return keep_spelling(prop.fields, before, live)
    return before if equal(prop, live, before) else live


def follow(
    fields: Mapping[str, Property], inputs: Mapping[str, Any], live: Mapping[str, Any]
) -> Properties:
    """The inputs that would give `live`, as near to the old `inputs` as can be."""
    followed: Properties = {}
    for name, prop in fields.items():
        before, now = inputs.get(name), live.get(name)
        if prop.local:
            now = before
        elif before is None and (prop.computed or _usual(prop, now)):
            now = None
        elif prop.kind is Kind.RECORD and isinstance(before, Mapping) and isinstance(now, Mapping):
            now = follow(prop.fields, before, now)
        elif before is not None and now is None and _nothing(prop, before):
            now = before
        if now is not None:
            followed[name] = _spelled(prop, before, now)
    return followed


def _usual(prop: Property, value: Any) -> bool:
    return _nothing(prop, value) or (prop.default is not None and equal(prop, value, prop.default))
