"""Data Pipelines' API.
https://cloud.google.com/dataflow/docs/reference/data-pipelines/rest"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.accounts import account_of
from provisioning.sandbox.google.calls import Call, Guarded, Operations, exists, not_found
from provisioning.sandbox.google.datapipelines import checks
from provisioning.sandbox.google.datapipelines.pipelines import Pipelines
from provisioning.sandbox.google.datapipelines.records import Pipeline
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.world import World

_WITHOUT = ("name", "state")


class DataPipelinesApi:
    def __init__(self, world: World, identity: Identity, pipelines: Pipelines) -> None:
        self._clock = world.clock
        self._pipelines = pipelines
        self._access = identity.access
        self._accounts = identity.accounts

    def operations(self) -> Operations:
        collection = "projects.locations.pipelines"
        return {
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.patch": self._patch,
            f"{collection}.delete": self._delete,
            f"{collection}.run": self._run,
            f"{collection}.stop": self._stop,
            f"{collection}.jobs.list": Guarded(self._list_jobs, "datapipelines.jobs.list"),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        checks.require_location(call.location)
        name, parent = call.body.get("name", ""), call["parent"]
        checks.require_name(name, parent)
        if call.body.get("state", "STATE_ACTIVE") != "STATE_ACTIVE":
            raise checks.invalid("A pipeline begins in STATE_ACTIVE.")
        wish = {key: value for key, value in call.body.items() if key not in _WITHOUT}
        self._require(call, wish)
        if self._pipelines.table.get(name):
            raise exists(name)
        now = self._clock.now()
        pipeline = Pipeline(name=name, wish=wish, created=now, changed=now, done_until=now)
        self._pipelines.plan(pipeline)
        if pipeline.streaming and wish.get("workload"):
            self._pipelines.run(pipeline)
        return pipeline.described()

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described()

    def _list(self, call: Call) -> dict[str, Any]:
        wanted = _filter(call["filter"])
        mine = [
            one
            for one in self._pipelines.table
            if one.name.startswith(f"{call['parent']}/pipelines/") and _matches(one, wanted)
        ]
        mine.sort(key=lambda one: (one.created, one.name), reverse=True)
        return page(call, mine, "pipelines", Pipeline.described)

    def _patch(self, call: Call) -> dict[str, Any]:
        pipeline = self._find(call)
        paths = masked(call)
        for path in paths:
            if path.partition(".")[0] not in checks.WRITABLE and path not in (*_WITHOUT, "type"):
                raise checks.invalid(f"The field '{path}' cannot be updated.")
        if "state" in paths and call.body.get("state", pipeline.state) != pipeline.state:
            raise checks.invalid("The state cannot be changed by an update.")
        if "type" in paths and call.body.get("type") != pipeline.wish["type"]:
            raise checks.invalid("The type of a pipeline cannot be changed.")
        if pipeline.state == "STATE_ARCHIVED":
            message = f"Pipeline {pipeline.name} is archived, so it cannot be updated."
            raise refusal("FAILED_PRECONDITION", message)
        wanted = [path for path in paths if path.partition(".")[0] in checks.WRITABLE]
        wish = patched(pipeline.wish, call.body, wanted)
        self._require(call, wish)
        now = self._clock.now()
        pipeline.wish, pipeline.changed = wish, now
        pipeline.done_until = max(pipeline.done_until, now)
        self._pipelines.plan(pipeline)
        return pipeline.described()

    def _delete(self, call: Call) -> dict[str, Any]:
        pipeline = self._find(call)
        if pipeline.streaming:
            self._pipelines.cancel_jobs(pipeline)
        self._pipelines.forget(pipeline)
        return {}

    def _run(self, call: Call) -> dict[str, Any]:
        start = self._pipelines.run(self._find(call))
        return {"job": self._pipelines.described(start)}

    def _stop(self, call: Call) -> dict[str, Any]:
        """For good. Batch jobs that run go on; a streaming pipeline's job ends with it."""
        pipeline = self._find(call)
        pipeline.state, pipeline.changed = "STATE_ARCHIVED", self._clock.now()
        if pipeline.streaming:
            self._pipelines.cancel_jobs(pipeline)
        self._pipelines.plan(pipeline)
        return pipeline.described()

    def _list_jobs(self, call: Call) -> dict[str, Any]:
        pipeline = self._find(call)
        return page(call, self._pipelines.starts(pipeline), "jobs", self._pipelines.described)

    def _find(self, call: Call) -> Pipeline:
        pipeline = self._pipelines.table.get(call.resource)
        if pipeline is None:
            raise not_found(call.resource)
        return pipeline

    def _require(self, call: Call, wish: dict[str, Any]) -> None:
        """It is a pipeline, and the caller may act as whom it names."""
        checks.require_pipeline(wish)
        given = wish.get("schedulerServiceAccountEmail", "")
        if not given:
            return
        account = self._accounts.table.get(account_of(call.project, given))
        if account is None:
            raise checks.invalid(f"Service account {given} does not exist.")
        wish["schedulerServiceAccountEmail"] = account.email
        self._access.require(call.caller, "iam.serviceAccounts.actAs", account.name, service="iam")


def _filter(text: str) -> dict[str, str]:
    """`type:BATCH,status:ACTIVE`."""
    wanted = {}
    for part in filter(None, text.split(",")):
        name, colon, value = part.partition(":")
        if not colon or name.strip() not in ("type", "status"):
            raise checks.invalid(f"Invalid filter '{text}'.")
        wanted[name.strip()] = value.strip()
    return wanted


def _matches(pipeline: Pipeline, wanted: dict[str, str]) -> bool:
    kind = str(pipeline.wish["type"]).removeprefix("PIPELINE_TYPE_")
    status = pipeline.state.removeprefix("STATE_")
    return wanted.get("type", "ALL") in ("ALL", kind) and wanted.get("status", "ALL") in (
        "ALL",
        status,
    )
