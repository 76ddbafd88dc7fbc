"""What differs between two Versions, in the words of the forms they were made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from dashboard.models import Pipeline, Version
from dashboard.services import trigger_words
from provisioning.blueprints import registry

NAMES = ("name", "key", "id")  # by which the entries of a list are told apart
SHORT = 160
Schema = Mapping[str, Any]
ABSENT: Any = object()
TRIGGER_TITLES = {
    "cron": "Expression", "timezone": "Time zone", "start": "Start", "end": "End",
    "prefix": "Prefix", "suffix": "Suffix", "source": "Source", "types": "Types",
    "detail": "Pattern", "pipeline": "Pipeline", "on": "Ends", "grace_minutes": "Grace, minutes",
    "frequency": "Window", "interval": "Windows' length", "parameters": "Parameters",
    "accepted": "Accepted at clock changes", "kind": "Kind",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One thing; `lines` say what changed within a text of several lines."""

    where: tuple[str, ...]  # titles: ("Steps", "train", "Instance type")
    before: str | None  # None: it was not there
    after: str | None
    lines: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def changes(pipeline: Pipeline, old: Version, new: Version) -> tuple[Change, ...]:
    """Settings in the order of their form, then triggers."""
    schema = registry.get(pipeline.blueprint).Settings.model_json_schema()
    settings = _Reader(schema).compared(("Settings",), schema, old.settings, new.settings)
    return (*(_without_root(each) for each in settings), *_of_triggers(old, new))


def _without_root(change: Change) -> Change:
    return Change(change.where[1:], change.before, change.after, change.lines)


# ── Settings ────────────────────────────────────────────────────────────────────────


class _Reader:
    """Walks two values beside the schema that names their parts."""

    def __init__(self, root: Schema) -> None:
        self._definitions: Mapping[str, Schema] = root.get("$defs", {})

    def compared(
        self, where: tuple[str, ...], schema: Schema, old: Any, new: Any
    ) -> Iterator[Change]:
        if old == new or (_empty(old) and _empty(new)):
            return
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._objects(where, schema, old, new)
        elif _lists_of_objects(old, new):
            yield from self._entries(where, self._items(schema), old or [], new or [])
        else:
            yield _leaf(where, old, new)

    def _objects(
        self, where: tuple[str, ...], schema: Schema, old: dict[str, Any], new: dict[str, Any]
    ) -> Iterator[Change]:
        known = self._properties(schema, new) | self._properties(schema, old)
        for name in dict.fromkeys([*known, *old, *new]):
            part = known.get(name, {})
            title = str(part.get("title") or _words(name))
            both = old.get(name, ABSENT), new.get(name, ABSENT)
            yield from self.compared((*where, title), part, *both)

    def _entries(
        self, where: tuple[str, ...], schema: Schema, old: Sequence[Any], new: Sequence[Any]
    ) -> Iterator[Change]:
        before, after = _by_name(old), _by_name(new)
        for name in dict.fromkeys([*before, *after]):
            both = before.get(name, ABSENT), after.get(name, ABSENT)
            yield from self.compared((*where, name), schema, *both)
        common = [name for name in before if name in after]
        if common != [name for name in after if name in before]:
            yield Change((*where, "Order"), ", ".join(before), ", ".join(after))

    def _properties(self, schema: Schema, value: Mapping[str, Any]) -> dict[str, Schema]:
        """Of the one among several shapes that the value has."""
        schema = self._resolved(schema)
        if "properties" in schema:
            return dict(schema["properties"])
        for each in map(self._resolved, schema.get("oneOf") or schema.get("anyOf") or ()):
            if _fits(each, value):
                return dict(each.get("properties", {}))
        return {}

    def _items(self, schema: Schema) -> Schema:
        schema = self._resolved(schema)
        found: Schema = schema.get("items", {})
        return found

    def _resolved(self, schema: Schema) -> Schema:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return self._definitions.get(name, schema)


def _fits(schema: Schema, value: Mapping[str, Any]) -> bool:
    known: Mapping[str, Schema] = schema.get("properties", {})
    constants = {name: each["const"] for name, each in known.items() if "const" in each}
    return bool(known) and all(value.get(name) == said for name, said in constants.items())


def _lists_of_objects(old: Any, new: Any) -> bool:
    lists = [each for each in (old, new) if isinstance(each, list)]
    objects = all(isinstance(entry, dict) for each in lists for entry in each)
    return bool(lists) and objects and all(isinstance(e, list) or _empty(e) for e in (old, new))


def _by_name(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """By what tells them apart, else by their place."""
    named: dict[str, Any] = {}
    for place, entry in enumerate(entries, start=1):
        name = next((str(entry[each]) for each in NAMES if entry.get(each)), str(place))
        named[name if name not in named else f"{name} ({place})"] = entry
    return named


def _leaf(where: tuple[str, ...], old: Any, new: Any) -> Change:
    before, after = _text(old), _text(new)
    long = any(text and ("\n" in text or len(text) > SHORT) for text in (before, after))
    lines = tuple(_line_diff(before or "", after or "")) if long else ()
    return Change(where, before, after, lines)


def _line_diff(before: str, after: str) -> Iterator[str]:
    found = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    yield from (line for line in found if not line.startswith(("---", "+++")))


def _text(value: Any) -> str | None:
    if _empty(value):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)


def _empty(value: Any) -> bool:
    return value is ABSENT or value is None or value in ("", [], {})


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


# ── Triggers ────────────────────────────────────────────────────────────────────────


def _of_triggers(old: Version, new: Version) -> Iterator[Change]:
    before, after = _by_name(old.triggers), _by_name(new.triggers)
    names = _names_of_pipelines([*old.triggers, *new.triggers])
    for key in dict.fromkeys([*before, *after]):
        was, is_now = before.get(key), after.get(key)
        if was == is_now:
            continue
        where = ("Triggers", f"{trigger_words.name((is_now or was or {})['kind'])} {key}")
        before_said, after_said = _sentence(was, names), _sentence(is_now, names)
        if before_said != after_said:
            yield Change(where, before_said, after_said)
        else:
            yield from _within_trigger(where, was or {}, is_now or {})


def _within_trigger(
    where: tuple[str, ...], old: dict[str, Any], new: dict[str, Any]
) -> Iterator[Change]:
    """What the sentence does not tell."""
    for name in dict.fromkeys([*old, *new]):
        both = old.get(name, ABSENT), new.get(name, ABSENT)
        if both[0] != both[1] and not (_empty(both[0]) and _empty(both[1])):
            yield _leaf((*where, TRIGGER_TITLES.get(name) or _words(name)), *both)


def _sentence(trigger: Mapping[str, Any] | None, name_of: Callable[[int], str]) -> str | None:
    if trigger is None:
        return None
    return trigger_words.sentence(str(trigger["kind"]), trigger, pipeline_name=name_of)


def _names_of_pipelines(triggers: Sequence[Mapping[str, Any]]) -> Callable[[int], str]:
    ids = {int(each["pipeline"]) for each in triggers if each.get("pipeline")}
    named = dict(Pipeline.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return lambda id: named.get(id, f"pipeline {id}")
