"""The definitions that runs began with, each kept once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from provisioning.sandbox.azure.datafactory.activities import Activity, properties
from provisioning.sandbox.azure.datafactory.runs.records import Definition
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store


class Definitions:
    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="azure_definition", record=Definition)

    def keep(self, definition: dict[str, Any]) -> str:
        text = json.dumps(definition, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self._table.get(digest) is None:
            self._table.put(Definition(digest=digest, properties=definition))
        return digest

    def get(self, digest: str) -> dict[str, Any]:
        record = self._table.get(digest)
        assert record, "what names a definition was stored with it"
        return record.properties

    def forget_all_but(self, digests: set[str]) -> None:
        for record in self._table:
            if record.digest not in digests:
                self._table.delete(record.digest)


def scope_of(definition: dict[str, Any], scope: str) -> list[Activity]:
    """The activities of a scope, such as "Each#3/Check#true". A case has its number."""
    activities: list[Activity] = definition.get("activities") or []
    for step in scope.split("/") if scope else []:
        name, _, label = step.rpartition("#")
        activities = _inside(named(activities, name), label)
    return activities


def named(activities: list[Activity], name: str) -> Activity:
    return next(each for each in activities if each["name"] == name)


def _inside(container: Activity, label: str) -> list[Activity]:
    given, kind = properties(container), container["type"]
    if kind == "IfCondition":
        return given.get("ifTrueActivities" if label == "true" else "ifFalseActivities") or []
    if kind == "Switch":
        if label == "default":
            return given.get("defaultActivities") or []
        return given["cases"][int(label)].get("activities") or []
    return given.get("activities") or []
