"""A Blueprint's settings as a form: what was typed, what it means, what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.forms import dotted
from dashboard.forms.containers import Group
from dashboard.forms.fields import Around, Bound
from dashboard.forms.schema import form_of
from provisioning.blueprints.base import Blueprint
from provisioning.errors import InvalidInput, Problem

ROOT = "settings"
# Where names that other fields may refer to are typed: widget → (lists, field of their items).
NAMED = {"steps": (("steps", "activities"), "name"), "parameter": (("parameters",), "name")}


@dataclass(frozen=True)
class Finding:
    """A problem for the summary: what is wrong, where, and the id that a link jumps to."""

    where: str
    message: str
    anchor: str


@dataclass(frozen=True)
class SettingsForm:
    blueprint: Blueprint
    raw: Mapping[str, Any]
    problems: Sequence[Problem] = ()

    @cached_property
    def form(self) -> Group:
        return form_of(self.blueprint.Settings)

    @cached_property
    def value(self) -> dict[str, Any]:
        """As typed, in the types of the model where they fit; not validated."""
        value: dict[str, Any] = self.form.to_value(dict(self.raw))
        return value

    def validate(self) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
        """The canonical settings, or what is wrong."""
        try:
            return self.blueprint.validate(self.value), ()
        except InvalidInput as error:
            return None, error.problems

    @cached_property
    def known(self) -> dict[str, tuple[str, ...]]:
        return {widget: self._names(*where) for widget, where in NAMED.items()}

    def _names(self, collections: Sequence[str], field: str) -> tuple[str, ...]:
        """Of the first of these lists that the form has."""
        items = next((self.raw[each] for each in collections if each in self.raw), None)
        typed = [dotted.at(item, [field]) for item in items] if isinstance(items, list) else []
        return tuple(str(name or "") for name in typed)

    @cached_property
    def located(self) -> list[tuple[str, Problem]]:
        return [(self._path(problem.field), problem) for problem in self.problems]

    def _path(self, field: str) -> str:
        parts = field.split(".") if field else []
        if parts[:1] == [ROOT]:
            parts = parts[1:]
        return ".".join([ROOT, *self.form.locate(parts, dict(self.raw))])

    @cached_property
    def bound(self) -> Bound:
        wrong: dict[str, list[str]] = defaultdict(list)
        for path, problem in self.located:
            wrong[path].append(_with_line(problem))
        known = {widget: tuple(filter(None, names)) for widget, names in self.known.items()}
        known["steps"] = self.known["steps"]  # in place: a step leaves itself out
        return self.form.bind(ROOT, dict(self.raw), Around(wrong, known))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        places = {bound.path: bound for bound in self.bound.walk()}
        found = []
        for path, problem in self.located:
            while path not in places:  # not on the page, such as a field of an omitted group
                path = path.rpartition(".")[0]
            found.append(Finding(_trail(path, places), _with_line(problem), places[path].id))
        return tuple(found)


def _with_line(problem: Problem) -> str:
    return f"Line {problem.line}: {problem.message}" if problem.line else problem.message


def _trail(path: str, places: Mapping[str, Bound]) -> str:
    """ "Steps › 2 train › Image": the way to a field, in the words of the page."""
    parts = path.split(".")
    words = []
    for end in range(2, len(parts) + 1):
        bound = places.get(".".join(parts[:end]))
        if bound:
            words.append(_called(bound))
    return " › ".join(words)


def _called(bound: Bound) -> str:
    if "number" not in bound.place:
        return bound.field.about.title
    name = bound.raw.get("name") if isinstance(bound.raw, dict) else ""
    return f"{bound.place['number']} {name or bound.title.lower()}"
