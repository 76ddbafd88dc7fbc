"""Runs and their activities, found quickly; what is too old to be told is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.datafactory.runs.definitions import Definitions
from provisioning.sandbox.azure.datafactory.runs.records import (
    ActivityRun,
    LoopItems,
    PipelineRun,
)
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store

KEPT = 45 * 86_400.0  # Data Factory's own history
_EVERY = 500  # how many runs begin between two looks for what is too old


class RunIndex:
    def __init__(self, store: Store) -> None:
        self.definitions = Definitions(store)
        self._runs = Table(store, kind="azure_run", record=PipelineRun)
        self._activities = Table(store, kind="azure_activity", record=ActivityRun)
        self._items = Table(store, kind="azure_items", record=LoopItems)
        self._of_factory: dict[str, dict[str, PipelineRun]] = {}
        self._of_run: dict[str, list[ActivityRun]] = {}
        self._latest: dict[tuple[str, str], dict[str, ActivityRun]] = {}
        self._begun = 0
        for run in self._runs:
            self._of_factory.setdefault(run.factory.lower(), {})[run.id] = run
        for activity in sorted(self._activities, key=lambda each: (each.begun, each.attempt)):
            self._add(activity)

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def run(self, id: str) -> PipelineRun | None:
        return self._runs.get(id)

    def all_runs(self) -> Iterator[PipelineRun]:
        yield from self._runs

    def of_factory(self, factory: str) -> list[PipelineRun]:
        return list(self._of_factory.get(factory.lower(), {}).values())

    def put(self, run: PipelineRun) -> None:
        self._runs.put(run)
        self._of_factory.setdefault(run.factory.lower(), {})[run.id] = run

    def forget_factory(self, factory: str) -> None:
        for run in self.of_factory(factory):
            self._forget(run)

    def forget_old(self, now: float) -> None:
        self._begun += 1
        if self._begun % _EVERY:
            return
        for run in list(self._runs):
            if run.final and run.updated < now - KEPT:
                self._forget(run)
        self.definitions.forget_all_but({run.definition for run in self._runs})

    def _forget(self, run: PipelineRun) -> None:
        for activity in self._of_run.pop(run.id, []):
            self._activities.delete(activity.key)
            self._items.delete(activity.id)
            self._latest.pop((run.id, activity.scope), None)
        self._runs.delete(run.key)
        self._of_factory.get(run.factory.lower(), {}).pop(run.id, None)

    # ── Activities ──────────────────────────────────────────────────────────────────

    def activity(self, id: str) -> ActivityRun | None:
        return self._activities.get(id)

    def all_activities(self) -> Iterator[ActivityRun]:
        yield from self._activities

    def activities(self, run: str) -> list[ActivityRun]:
        """In the order of their beginnings."""
        return list(self._of_run.get(run, []))

    def latest(self, run: str, scope: str) -> dict[str, ActivityRun]:
        """The last attempt of each activity of a scope, by name."""
        return self._latest.get((run, scope), {})

    def find(self, run: str, scope: str, name: str) -> ActivityRun | None:
        """In any case of its name."""
        known = self.latest(run, scope)
        if name in known:
            return known[name]
        return next((each for key, each in known.items() if key.lower() == name.lower()), None)

    def add(self, activity: ActivityRun) -> None:
        self._activities.put(activity)
        self._add(activity)

    def keep(self, activity: ActivityRun) -> None:
        self._activities.put(activity)

    def keep_items(self, activity: str, items: list[Any]) -> None:
        self._items.put(LoopItems(activity=activity, items=items))

    def items(self, activity: str) -> list[Any]:
        record = self._items.get(activity)
        return record.items if record else []

    def _add(self, activity: ActivityRun) -> None:
        self._of_run.setdefault(activity.run, []).append(activity)
        self._latest.setdefault((activity.run, activity.scope), {})[activity.name] = activity
