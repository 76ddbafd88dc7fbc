"""What triggers start, and what is told of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.templates import resolve
from provisioning.sandbox.azure.datafactory.names import FACTORY, factory_of
from provisioning.sandbox.azure.datafactory.runs.index import KEPT
from provisioning.sandbox.azure.datafactory.runs.records import InvokedBy
from provisioning.sandbox.azure.datafactory.runs.starting import Cause, Starting
from provisioning.sandbox.azure.datafactory.triggers.checks import pipeline_references
from provisioning.sandbox.azure.datafactory.triggers.records import TriggerRun
from provisioning.sandbox.azure.times import written
from provisioning.sandbox.journal import Journal, Outcome
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestError

_LAST_TICKS = 3_155_378_975_999_999_999  # of the year 9999
_TICKS_TO_1970 = 621_355_968_000_000_000
_LOOK_EVERY = 500


@dataclass(frozen=True)
class Firing:
    """Why and with what a trigger fires."""

    cause: dict[str, Any]  # what `trigger()` says
    body: Any = None  # what `triggerBody()` says
    properties: dict[str, str] = field(default_factory=dict)  # of the trigger run


class TriggerRuns:
    def __init__(self, manager: Manager, starting: Starting) -> None:
        self._manager = manager
        self._starting = starting
        self._table = Table(manager.world.store, kind="azure_trigger_run", record=TriggerRun)
        self._fired = 0
        manager.when_removed(FACTORY, self._forget_factory)

    def get(self, id: str) -> TriggerRun | None:
        return self._table.get(id)

    def put(self, run: TriggerRun) -> None:
        self._table.put(run)

    def of_factory(self, factory: str) -> Iterator[TriggerRun]:
        return (run for run in self._table if run.factory.lower() == factory.lower())

    def fire(self, trigger: Resource, firing: Firing) -> TriggerRun:
        """One trigger run, with a run of each pipeline that the trigger names."""
        run = self.open(trigger, firing.properties)
        run.status = "Succeeded"  # as soon as the pipelines have begun
        for reference in pipeline_references(trigger):
            self.start(run, trigger, reference, firing)
        self._table.put(run)
        return run

    def open(self, trigger: Resource, properties: dict[str, str]) -> TriggerRun:
        """A trigger run that has started nothing yet."""
        now = self._manager.now()
        self._forget_old(now)
        run = TriggerRun(
            id=_new_id(now),
            factory=factory_of(trigger.id),
            trigger=trigger.name,
            type=str(trigger.properties["type"]),
            time=now,
            updated=now,
            status="Inprogress",
            properties=properties,
        )
        run.group = run.id
        self._table.put(run)
        return run

    def start(
        self, run: TriggerRun, trigger: Resource, reference: dict[str, Any], firing: Firing
    ) -> None:
        """A refusal makes the trigger run fail; other pipelines of it begin all the same."""
        name = str(reference["pipelineReference"]["referenceName"])
        functions = {"trigger": lambda: firing.cause, "triggerBody": lambda: firing.body}
        by_trigger = InvokedBy(id=run.id, name=trigger.name, type=run.type)
        cause = Cause(by_trigger, firing.cause, firing.body, watcher=run.id)
        try:
            evaluator = Evaluator(functions, now=self._manager.now())
            parameters = resolve(reference.get("parameters") or {}, evaluator)
            started = self._starting.start(run.factory, name, parameters, cause)
        except (ExpressionError, RestError) as error:
            run.status, run.message = "Failed", getattr(error, "message", str(error))
            self.note(trigger, "refused", target=name, reason=run.message)
            return
        run.pipelines[started.pipeline] = started.id
        self.note(trigger, "delivered", target=f"pipelines/{started.pipeline}/runs/{started.id}")

    def note(
        self, trigger: Resource, outcome: Outcome, *, target: str = "", reason: str = ""
    ) -> None:
        journal: Journal = self._manager.world.journal
        factory = factory_of(trigger.id).rpartition("/")[2]
        source = f"factories/{factory}/triggers/{trigger.name}"
        journal.note("azure", source, outcome, target=target, reason=reason)

    def _forget_factory(self, factory: Resource) -> None:
        for run in list(self.of_factory(factory.id)):
            self._table.delete(run.key)

    def _forget_old(self, now: float) -> None:
        self._fired += 1
        if self._fired % _LOOK_EVERY:
            return
        for run in self._table:
            if run.status != "Inprogress" and run.updated < now - KEPT:
                self._table.delete(run.key)


def _new_id(now: float) -> str:
    """As the service makes them: what is newer sorts first."""
    ticks = _LAST_TICKS - (_TICKS_TO_1970 + int(now * 10_000_000))
    return f"{ticks:020d}{secrets.randbelow(10**12):012d}CU{secrets.randbelow(100):02d}"


def shown_trigger_run(run: TriggerRun) -> dict[str, Any]:
    return {
        "triggerRunId": run.id,
        "triggerName": run.trigger,
        "triggerType": run.type,
        "triggerRunTimestamp": written(run.time),
        "status": run.status,
        "message": run.message or None,
        "properties": run.properties,
        "triggeredPipelines": run.pipelines,
        "runDimension": {},
        "dependencyStatus": run.dependencies,
        "runGroupId": run.group,
        "isLatest": run.latest,
    }
