"""Wording a difference between cloud and definition from the tables of one cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.contracts import Difference, Drift
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule
from provisioning.schedules.explain import explain as in_words

Worded = Callable[[Difference], str]
LONGEST = 80  # characters of a value within a sentence
# What a cloud writes where nothing was said; zero and "off" among them.
EMPTY: tuple[Any, ...] = (None, "", False, 0, [], {})


@dataclass(frozen=True)
class Words:
    """`nouns`: what the cloud is called in a sentence, by kind. `cosmetic`: whether a path is
    written by the cloud itself, or of no meaning for what happens. `worded`: by kind and the
    first part of the path, how the sentence about it goes on."""

    nouns: Mapping[str, str]
    cosmetic: Callable[[str], bool]
    worded: Mapping[tuple[str, str], Worded]


@dataclass(frozen=True)
class Whole:
    """What people take as one thing, though the engine tells of its parts: everything at or below
    `paths` is told once, at `path`, as `value` reads it from the resource's inputs."""

    kind: str
    paths: tuple[str, ...]
    path: str
    value: Callable[[Mapping[str, Any]], Any]

    def has(self, difference: Difference) -> bool:
        return difference.kind == self.kind and any(
            difference.path == path or difference.path.startswith((f"{path}.", f"{path}["))
            for path in self.paths
        )


def gathered(differences: Iterable[Difference], wholes: Sequence[Whole]) -> list[Difference]:
    """With one Difference for each whole; the others as they are."""
    found: dict[tuple[str, str, str], Difference] = {}
    for each in differences:
        whole = next((one for one in wholes if each.before and one.has(each)), None)
        if whole:
            expected, present = whole.value(each.before), whole.value(each.after)
            told = {"path": whole.path, "expected": expected, "found": present}
            each = each.model_copy(update=told)
        found.setdefault((each.urn, each.name, each.path), each)
    return list(found.values())


def explain(difference: Difference, words: Words) -> Drift | None:
    """None where nothing better can be said than that it differs."""
    noun = words.nouns.get(difference.kind)
    if noun is None:
        return None
    subject = f"The {noun} {difference.name}"
    if not difference.path:
        return Drift(sentence=f"{subject} was deleted in the cloud.")
    if words.cosmetic(difference.path):
        return Drift(sentence=f"{subject} has another {difference.path}.", cosmetic=True)
    if _same_json(difference.expected, difference.found):
        return Drift(sentence=f"{subject} is written otherwise, and means the same.", cosmetic=True)
    if worded := words.worded.get((difference.kind, first_part(difference.path))):
        return Drift(sentence=f"{subject} {worded(difference)}")
    return otherwise(subject, difference)


def otherwise(subject: str, difference: Difference) -> Drift:
    """What no table knows is named plainly, with what it was and is."""
    if difference.expected is None and difference.found in EMPTY and difference.found is not None:
        sentence = f"{subject} says {difference.path}, which is {shown(difference.found)} anyway."
        return Drift(sentence=sentence, cosmetic=True)
    return Drift(sentence=f"{subject} was changed in the cloud: {changed(difference)}.")


def changed(difference: Difference) -> str:
    """ "delaySeconds, 0 → 5"; a secret has no values to show."""
    if difference.expected is None and difference.found is None:
        return difference.path
    old, new = shown(difference.expected), shown(difference.found)
    return f"{difference.path}, {old} → {new}"


def shown(value: Any) -> str:
    """A value within a sentence."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:LONGEST]} …" if len(text) > LONGEST else text or '""'


def timing(cron: str | None, timezone: str, native: str) -> str:
    """A schedule in words, or as the cloud writes it where cron cannot say it."""
    if cron is None:
        return f"{native}, {timezone}"
    try:
        text = in_words(check_schedule(cron, timezone))
    except InvalidInput:
        return f"{native}, {timezone}"
    return text[:1].lower() + text[1:]


def rescheduled(old: str, new: str) -> str:
    """From one timing to the other; a zone that stayed is said once."""
    _, comma, zone = new.rpartition(", ")
    if comma:
        old = old.removesuffix(f", {zone}")
    return f"was rescheduled in the cloud: {old} → {new}."


def first_part(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def at(inputs: Mapping[str, Any], *names: str) -> Any:
    """What lies at these names; None where one is absent."""
    here: Any = inputs
    for name in names:
        here = here.get(name) if isinstance(here, Mapping) else None
    return here


def _same_json(one: Any, other: Any) -> bool:
    """Policies and patterns are text to the engine; order of keys and space are not meant."""
    return isinstance(one, str) and isinstance(other, str) and same_json(one, other)


def same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
