"""The operations on trigger runs."""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import factory_of
from provisioning.sandbox.azure.datafactory.runs.engine import Runs
from provisioning.sandbox.azure.datafactory.runs.queries import TRIGGER_RUNS, answer, window_of
from provisioning.sandbox.azure.datafactory.triggers.records import TriggerRun
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import (
    TriggerRuns,
    shown_trigger_run,
)
from provisioning.sandbox.azure.datafactory.triggers.windows import Windows
from provisioning.sandbox.azure.errors import bad_request, not_found
from provisioning.sandbox.rest import RestResponse, Route


class TriggerRunsApi:
    def __init__(
        self, manager: Manager, runs: TriggerRuns, windows: Windows, pipeline_runs: Runs
    ) -> None:
        self._manager = manager
        self._runs = runs
        self._windows = windows
        self._pipeline_runs = pipeline_runs

    def routes(self, factories: Collection, triggers: Collection) -> Iterator[Route]:
        name = "TriggerRuns.QueryByFactory"
        yield factories.at("POST", "queryTriggerRuns", name, self._query)
        for verb, operation in (("rerun", self._rerun), ("cancel", self._cancel)):
            below = f"triggerRuns/<run>/{verb}"
            yield triggers.at("POST", below, f"TriggerRuns.{verb.capitalize()}", operation)

    def _query(self, call: ArmCall, factory: Resource) -> RestResponse:
        body = call.json()
        window = window_of(body, now=self._manager.now())
        found = self._runs.of_factory(factory.id)
        rows = [run for run in found if window.has(run.updated)]
        return answer(rows, body, TRIGGER_RUNS, shown_trigger_run)

    def _rerun(self, call: ArmCall, trigger: Resource) -> RestResponse:
        self._windows.rerun(trigger, self._find(call, trigger))
        return RestResponse(200)

    def _cancel(self, call: ArmCall, trigger: Resource) -> RestResponse:
        for id in self._windows.cancel(trigger, self._find(call, trigger)):
            run = self._pipeline_runs.index.run(id)
            if run is not None:
                self._pipeline_runs.cancel(run, recursive=True)
        return RestResponse(200)

    def _find(self, call: ArmCall, trigger: Resource) -> TriggerRun:
        """Only tumbling windows can be run again, or be cancelled."""
        kind = trigger.properties["type"]
        if kind != "TumblingWindowTrigger":
            raise bad_request(f"Invalid trigger type: {kind}")
        id = call.request.arguments["run"]
        run = self._runs.get(id)
        if run is None or run.factory.lower() != factory_of(trigger.id).lower():
            raise not_found("TriggerRunNotFound", f"The trigger run {id} was not found.")
        return run
