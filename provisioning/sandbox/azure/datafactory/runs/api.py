"""The operations on runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.collection import Collection
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import factory_of
from provisioning.sandbox.azure.datafactory.runs.definitions import named, scope_of
from provisioning.sandbox.azure.datafactory.runs.engine import Runs
from provisioning.sandbox.azure.datafactory.runs.queries import (
    ACTIVITY_RUNS,
    PIPELINE_RUNS,
    answer,
    window_of,
)
from provisioning.sandbox.azure.datafactory.runs.records import (
    ActivityRun,
    InvokedBy,
    PipelineRun,
)
from provisioning.sandbox.azure.datafactory.runs.recovery import Recovery
from provisioning.sandbox.azure.datafactory.runs.shapes import shown_activity, shown_run
from provisioning.sandbox.azure.datafactory.runs.starting import Cause, Starting
from provisioning.sandbox.azure.errors import bad_request, not_found
from provisioning.sandbox.rest import RestResponse, Route


class RunsApi:
    def __init__(self, manager: Manager, runs: Runs, starting: Starting) -> None:
        self._manager = manager
        self._runs = runs
        self._starting = starting

    def routes(self, factories: Collection, pipelines: Collection) -> Iterator[Route]:
        yield pipelines.at("POST", "createRun", "Pipelines.CreateRun", self._create)
        for method, below, name, operation in (
            ("POST", "queryPipelineRuns", "PipelineRuns.QueryByFactory", self._query),
            ("GET", "pipelineruns/<run>", "PipelineRuns.Get", self._get),
            ("POST", "pipelineruns/<run>/cancel", "PipelineRuns.Cancel", self._cancel),
            (
                "POST",
                "pipelineruns/<run>/queryActivityruns",
                "ActivityRuns.QueryByPipelineRun",
                self._activities,
            ),
        ):
            yield factories.at(method, below, name, operation)

    def _create(self, call: ArmCall, pipeline: Resource) -> RestResponse:
        given, query = call.json(), call.request.query
        factory = factory_of(pipeline.id)
        reference = query.get("referencePipelineRunId")
        by_hand = InvokedBy(id=uuid.uuid4().hex, name="Manual", type="Manual")
        cause, recovery = Cause(by_hand), None
        if reference:
            before = self._find(factory, reference)
            # What its expressions ask about the trigger is answered as it was then.
            cause = Cause(by_hand, before.cause, before.body)
            given = given or before.parameters
            if _is_true(query.get("isRecovery")):
                recovery = Recovery(
                    before,
                    from_failure=_is_true(query.get("startFromFailure")),
                    from_activity=query.get("startActivityName", ""),
                )
        run = self._starting.start(factory, pipeline.name, given, cause, recovery=recovery)
        return RestResponse(200, {"runId": run.id})

    def _query(self, call: ArmCall, factory: Resource) -> RestResponse:
        body = call.json()
        window = window_of(body, now=self._manager.now())
        found = self._runs.index.of_factory(factory.id)
        rows = [run for run in found if window.has(run.updated)]
        return answer(rows, body, PIPELINE_RUNS, shown_run)

    def _get(self, call: ArmCall, factory: Resource) -> RestResponse:
        run = self._find(factory.id, call.request.arguments["run"])
        return RestResponse(200, shown_run(run))

    def _cancel(self, call: ArmCall, factory: Resource) -> RestResponse:
        run = self._find(factory.id, call.request.arguments["run"])
        if run.final:
            message = f"The pipeline run {run.id} is in the terminal state {run.status}."
            raise bad_request(message, code="PipelineRunNotCancelable")
        recursive = _is_true(call.request.query.get("isRecursive", "true"))
        self._runs.cancel(run, recursive=recursive)
        return RestResponse(200)

    def _activities(self, call: ArmCall, factory: Resource) -> RestResponse:
        """Only those that ran: what was skipped, or done in an earlier run, is not told."""
        run, body = self._find(factory.id, call.request.arguments["run"]), call.json()
        window = window_of(body, now=self._manager.now())
        definition = self._runs.index.definitions.get(run.definition)
        rows = [
            record
            for record in self._runs.index.activities(run.id)
            if not record.carried and record.status != "Skipped" and window.has(record.updated)
        ]
        asked = {"orderBy": [_IN_ORDER], **body}
        show = partial(_activity_row, definition, run)
        return answer(rows, asked, ACTIVITY_RUNS, show)

    def _find(self, factory: str, id: str) -> PipelineRun:
        run = self._runs.index.run(id)
        if run is None or run.factory.lower() != factory.lower():
            raise not_found("PipelineRunNotFound", f"The pipeline run {id} was not found.")
        return run


_IN_ORDER = {"orderBy": "ActivityRunStart", "order": "ASC"}


def _activity_row(
    definition: dict[str, Any], run: PipelineRun, record: ActivityRun
) -> dict[str, Any]:
    spec = named(scope_of(definition, record.scope), record.name)
    return shown_activity(record, run, spec)


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"
