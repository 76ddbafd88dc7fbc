"""Fields that hold fields: groups, lists, maps and choices between groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.forms.fields import ABSENT, Around, Bound, Field

Fields = Callable[[], dict[str, Field]]


def below(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


@dataclass(frozen=True)
class Group(Field):
    """Several named fields. A nullable group is on the page only when it was added."""

    kind = "group"
    single = False
    make: Fields = dict  # called late: models may contain themselves

    @cached_property
    def fields(self) -> dict[str, Field]:
        return self.make()

    def to_raw(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        return {name: one.to_raw(value[name]) for name, one in self.fields.items() if name in value}

    def to_value(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return None if self.about.nullable else ABSENT if raw is None else raw
        typed = {name: one.to_value(raw.get(name)) for name, one in self._present(raw)}
        return {name: value for name, value in typed.items() if value is not ABSENT}

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        shown = self.shown(raw)
        own = around.wrong(path)
        if self.about.nullable and not isinstance(shown, dict):
            return Bound(self, path, None, own)
        typed = shown if isinstance(shown, dict) else {}
        children = tuple(
            one.bind(below(path, name), typed.get(name), around)
            for name, one in self._present(typed)
        )
        return Bound(self, path, typed, own, children)

    def _present(self, raw: dict[str, Any]) -> Iterator[tuple[str, Field]]:
        """The fields that what was chosen in the others leaves on the page."""
        for name, one in self.fields.items():
            beside, value = one.about.show_when or ("", None)
            if not beside or self.fields[beside].shown(raw.get(beside)) == value:
                yield name, one

    def touched(self, raw: Any) -> bool:
        typed = raw if isinstance(raw, dict) else {}
        return any(one.touched(typed.get(name)) for name, one in self.fields.items())

    def locate(self, parts: Sequence[str], raw: Any) -> list[str]:
        if not parts:
            return []
        one = self.fields.get(parts[0])
        if one is None:
            return self.locate(parts[1:], raw)  # the tag of a choice, which no input has
        typed = raw.get(parts[0]) if isinstance(raw, dict) else None
        return [parts[0], *one.locate(parts[1:], typed)]


@dataclass(frozen=True)
class Choose(Field):
    """One of several groups, chosen by the value of one of their fields, the tag."""

    kind = "choose"
    single = False
    tag: str = "kind"
    variants: tuple[tuple[str, Group], ...] = ()

    def chosen(self, raw: Any) -> str:
        tag = raw.get(self.tag) if isinstance(raw, dict) else None
        names = [name for name, _ in self.variants]
        return str(tag) if tag in names else names[0]

    def variant(self, raw: Any) -> Group:
        return dict(self.variants)[self.chosen(raw)]

    def to_raw(self, value: Any) -> Any:
        return self.variant(value).to_raw(value) if isinstance(value, dict) else None

    def to_value(self, raw: Any) -> Any:
        if self.about.nullable and not isinstance(raw, dict):
            return None
        return self.variant(raw).to_value(raw if isinstance(raw, dict) else {})

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        shown = self.shown(raw)
        if self.about.nullable and not isinstance(shown, dict):
            return Bound(self, path, None, around.wrong(path))
        group = self.variant(shown).bind(path, shown if isinstance(shown, dict) else {}, around)
        # The tag is not typed: a button of the list, or a selection of its own, chooses it.
        children = tuple(child for child in group.children if child.name != self.tag)
        place = {"chosen": self.chosen(shown)}
        return Bound(self, path, shown or {}, group.problems, children, place)

    def called(self, raw: Any) -> str:
        return self.variant(raw).about.title

    def options(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, group.about.title) for name, group in self.variants)

    def touched(self, raw: Any) -> bool:
        return self.variant(self.shown(raw)).touched(raw)

    def locate(self, parts: Sequence[str], raw: Any) -> list[str]:
        return self.variant(raw).locate(parts, raw)


@dataclass(frozen=True)
class Many(Field):
    """A list; items are added, removed and moved by buttons."""

    kind = "many"
    single = False
    folded = False
    make: Callable[[], Field] | None = None

    @cached_property
    def item(self) -> Field:
        assert self.make
        return self.make()

    @property
    def additions(self) -> tuple[tuple[str, str], ...]:
        """What can be added: (variant or "", title)."""
        if isinstance(self.item, Choose):
            return self.item.options()
        return (("", self.item.about.title),)

    def to_raw(self, value: Any) -> Any:
        return [self.item.to_raw(one) for one in value] if isinstance(value, list | tuple) else []

    def to_value(self, raw: Any) -> Any:
        if not isinstance(raw, list):
            return ABSENT
        return [self.item.to_value(one) for one in raw]

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        shown = self.shown(raw)
        items = shown if isinstance(shown, list) else []
        children = tuple(self._child(below(path, n), n, items, around) for n in range(len(items)))
        return Bound(self, path, items, around.wrong(path), children)

    def _child(self, path: str, n: int, items: list[Any], around: Around) -> Bound:
        bound = self.item.bind(path, items[n], around)
        place = {**bound.place, "number": n + 1, "first": n == 0, "last": n == len(items) - 1}
        return Bound(self.item, path, bound.raw, bound.problems, bound.children, place)

    def touched(self, raw: Any) -> bool:
        return bool(raw)

    def locate(self, parts: Sequence[str], raw: Any) -> list[str]:
        items = raw if isinstance(raw, list) else []
        if not parts or not parts[0].isdecimal() or int(parts[0]) >= len(items):
            return []
        return [parts[0], *self.item.locate(parts[1:], items[int(parts[0])])]


@dataclass(frozen=True)
class Pairs(Field):
    """Names and values, one pair a row. Raw is a list of {"key", "value"}."""

    kind = "pairs"
    single = False
    folded = False
    value: Field | None = None

    def to_raw(self, value: Any) -> Any:
        assert self.value
        typed = value if isinstance(value, dict) else {}
        return [{"key": key, "value": self.value.to_raw(one)} for key, one in typed.items()]

    def to_value(self, raw: Any) -> Any:
        assert self.value
        if not isinstance(raw, list):
            return ABSENT
        rows = [
            row for row in raw if isinstance(row, dict) and (row.get("key") or row.get("value"))
        ]
        typed = {
            str(row.get("key", "")).strip(): self.value.to_value(row.get("value")) for row in rows
        }
        return {key: "" if one is ABSENT else one for key, one in typed.items()}

    def bind(self, path: str, raw: Any, around: Around) -> Bound:
        assert self.value
        shown = self.shown(raw)
        rows = shown if isinstance(shown, list) else []
        children = tuple(
            Bound(self.value, below(path, n), _row(row), around.wrong(below(path, n)))
            for n, row in enumerate(rows)
        )
        return Bound(self, path, rows, around.wrong(path), children)

    def touched(self, raw: Any) -> bool:
        return bool(raw)

    def locate(self, parts: Sequence[str], raw: Any) -> list[str]:
        rows = raw if isinstance(raw, list) else []
        keys = [_row(row)["key"] for row in rows]
        return [str(keys.index(parts[0]))] if parts and parts[0] in keys else []


def _row(row: Any) -> dict[str, Any]:
    typed = row if isinstance(row, dict) else {}
    return {"key": typed.get("key", ""), "value": typed.get("value", "")}
