"""Before → after: what an edit changes, in the words of the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.forms.containers import Choose, Group, Many
from dashboard.forms.fields import Field, as_text
from dashboard.forms.inputs import Constant

Where = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    where: str
    before: str | None  # None: it was not there
    after: str | None


def changes(form: Group, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """One entry per value that differs, in the form's order; then what is gone."""
    old, new = dict(_flat(form, before, ())), dict(_flat(form, after, ()))
    return [
        Change(" › ".join(where), old.get(where), new.get(where))
        for where in dict.fromkeys([*new, *old])
        if old.get(where) != new.get(where)
    ]


def _flat(field: Field, value: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(field, Choose):
        field = field.variant(value)
    if isinstance(field, Group) and isinstance(value, Mapping):
        for name, one in field.fields.items():
            if name in value and not isinstance(one, Constant):
                yield from _flat(one, value[name], (*where, one.about.title))
    elif isinstance(field, Many) and isinstance(value, list):
        yield from _items(field, value, where)
    elif text := as_text(value):
        yield where, text


def _items(field: Many, items: list[Any], where: Where) -> Iterator[tuple[Where, str]]:
    names = [str(one.get("name", "")) if isinstance(one, Mapping) else "" for one in items]
    # Named items keep their identity when they move; others have only their position.
    named = all(names) and len(set(names)) == len(names)
    if named and len(names) > 1:
        yield (*where, "order"), ", ".join(names)
    for n, item in enumerate(items):
        yield from _flat(field.item, item, (*where, names[n] if named else str(n + 1)))
