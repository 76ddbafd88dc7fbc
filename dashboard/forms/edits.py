"""What the buttons of a settings form do to what was typed: add, remove, move, include, omit.

An edit is the value of a submit button, "add:settings.steps:training", so that it works
without a script. It changes raw values only; nothing that was typed elsewhere is touched.
"""

from __future__ import annotations

from typing import Any

from dashboard.forms import dotted
from dashboard.forms.containers import Choose, Group, Many, Pairs, below
from dashboard.forms.fields import Field

VERBS = ("add", "remove", "up", "down", "include", "omit")


def is_edit(action: str) -> bool:
    return action.partition(":")[0] in VERBS


def apply(form: Group, raw: dict[str, Any], action: str) -> tuple[dict[str, Any], str]:
    """The changed raw settings, and the path that the person wants to see next.

    Paths start with "settings". An edit that fits nothing on the page changes nothing.
    """
    verb, _, rest = action.partition(":")
    path, _, variant = rest.partition(":")
    parts = path.split(".")[1:]
    if verb == "add":
        return _add(form, raw, parts, variant)
    if verb in ("include", "omit"):
        field = _field_at(form, parts, raw)
        value = _blank(field, "") if verb == "include" and field else {}
        return dotted.put(raw, parts, value if verb == "include" else None), path
    return _rearrange(raw, parts, verb)


def _add(
    form: Group, raw: dict[str, Any], parts: list[str], variant: str
) -> tuple[dict[str, Any], str]:
    path = ".".join(["settings", *parts])
    field = _field_at(form, parts, raw)
    if not isinstance(field, Many | Pairs):
        return raw, path
    items = field.shown(dotted.at(raw, parts)) or []
    item = _blank(field.item, variant) if isinstance(field, Many) else {"key": "", "value": ""}
    return dotted.put(raw, parts, [*items, item]), below(path, len(items))


def _blank(field: Field, variant: str) -> dict[str, Any]:
    if isinstance(field, Choose):
        return {field.tag: field.chosen({field.tag: variant})}
    return {}


def _rearrange(raw: dict[str, Any], parts: list[str], verb: str) -> tuple[dict[str, Any], str]:
    path = ".".join(["settings", *parts])
    items, last = dotted.at(raw, parts[:-1]), parts[-1] if parts else ""
    if not isinstance(items, list) or not last.isdecimal() or int(last) >= len(items):
        return raw, path
    n, changed = int(last), list(items)
    item = changed.pop(n)
    target = {"up": max(n - 1, 0), "down": n + 1}.get(verb)
    if target is not None:
        changed.insert(target, item)
    shown = (
        below(path.rpartition(".")[0], target) if target is not None else path.rpartition(".")[0]
    )
    return dotted.put(raw, parts[:-1], changed), shown


def _field_at(field: Field, parts: list[str], raw: Any) -> Field | None:
    for part in parts:
        if isinstance(field, Choose):
            field = field.variant(raw)
        if isinstance(field, Group) and part in field.fields:
            field = field.fields[part]
        elif isinstance(field, Many) and part.isdecimal():
            field = field.item
        else:
            return None
        raw = dotted.at(raw, [part])
    return field
