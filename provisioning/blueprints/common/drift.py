"""Wording a difference between cloud and definition from the tables of one cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.contracts import Difference, Drift

Worded = Callable[[Difference], str]


@dataclass(frozen=True)
class Words:
    """`nouns`: what the cloud is called in a sentence, by kind. `cosmetic`: whether a path is
    written by the cloud itself, or of no meaning for what happens. `worded`: by kind and the
    first part of the path, how the sentence about it goes on."""

    nouns: Mapping[str, str]
    cosmetic: Callable[[str], bool]
    worded: Mapping[tuple[str, str], Worded]


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
    return Drift(sentence=f"{subject} was changed in the cloud: {difference.path}.")


def first_part(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _same_json(one: Any, other: Any) -> bool:
    """Policies and patterns are text to the engine; order of keys and space are not meant."""
    return isinstance(one, str) and isinstance(other, str) and same_json(one, other)


def same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
