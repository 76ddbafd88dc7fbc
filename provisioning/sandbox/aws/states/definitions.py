"""Definitions that machines and executions share, and the sets of states in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from provisioning.sandbox.aws.states.records import Definition
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store


class Definitions:
    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="states_definition", record=Definition)

    def keep(self, text: str) -> str:
        """The key under which the text is found again."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self._table.get(digest) is None:
            self._table.put(Definition(digest=digest, text=text))
        return digest

    def text(self, key: str) -> str:
        found = self._table.get(key)
        assert found is not None, key
        return found.text

    def parsed(self, key: str) -> dict[str, Any]:
        return _parsed(self.text(key))


@lru_cache(maxsize=256)
def _parsed(text: str) -> dict[str, Any]:
    """Not to be changed by those who get it."""
    found: dict[str, Any] = json.loads(text)
    return found


def states_at(definition: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The object with StartAt and States that a path leads to: ["Both", 0] is the first branch
    of the Parallel state Both, ["Each"] what the Map state Each does with every item."""
    found: Any = definition
    for part in path:
        if isinstance(part, str):
            state = found["States"][part]
            found = state["Branches"] if state["Type"] == "Parallel" else processor(state)
        else:
            found = found[part]
    whole: Mapping[str, Any] = found
    return whole


def processor(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a Map does with every item; Iterator is its name of old."""
    found: Mapping[str, Any] = state.get("ItemProcessor") or state["Iterator"]
    return found
