"""Dataflow's API: templates are launched, jobs shown and ended.
https://cloud.google.com/dataflow/docs/reference/rest"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.calls import Call, Guarded, Operations
from provisioning.sandbox.google.dataflow.describing import execution, summary, whole
from provisioning.sandbox.google.dataflow.jobs import Jobs
from provisioning.sandbox.google.dataflow.records import FINAL, Job, Launch
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.times import parsed, written

_IMPORTANCE = ("JOB_MESSAGE_DEBUG", "JOB_MESSAGE_DETAILED", "JOB_MESSAGE_BASIC",
               "JOB_MESSAGE_WARNING", "JOB_MESSAGE_ERROR")  # fmt: skip
_GENERAL, _REGIONAL = "projects", "projects.locations"
_DEFAULT_REGION = "us-central1"


class DataflowApi:
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def operations(self) -> Operations:
        regional: dict[str, Guarded] = {
            f"{_REGIONAL}.jobs.getExecutionDetails": Guarded(self._details, "dataflow.jobs.get"),
            f"{_REGIONAL}.flexTemplates.launch": Guarded(self._launch_flex, "dataflow.jobs.create"),
        }
        both: dict[str, tuple[Callable[[Call], Any], str]] = {
            "jobs.list": (self._list, "dataflow.jobs.list"),
            "jobs.get": (self._get, "dataflow.jobs.get"),
            "jobs.update": (self._update, "dataflow.jobs.cancel"),
            "jobs.messages.list": (self._messages, "dataflow.messages.list"),
            "templates.launch": (self._launch, "dataflow.jobs.create"),
        }
        return {
            **regional,
            "projects.jobs.aggregated": Guarded(self._list, "dataflow.jobs.list"),
            **{f"{where}.{id}": Guarded(operation, permission)
               for where in (_GENERAL, _REGIONAL)
               for id, (operation, permission) in both.items()},
        }  # fmt: skip

    def _list(self, call: Call) -> dict[str, Any]:
        """Of one region; the newest first."""
        everywhere = call.method.endswith("aggregated")
        region = "" if everywhere else _region(call)
        kept = [
            job
            for job in self._jobs.table
            if job.launch.project == call.project
            and region in ("", job.launch.location)
            and _wanted(call, job)
        ]
        kept.sort(key=lambda job: (job.created, job.id), reverse=True)
        return page(call, kept, "jobs", summary)

    def _get(self, call: Call) -> dict[str, Any]:
        job = self._job(call)
        return whole(job) if call["view"] in ("JOB_VIEW_ALL", "JOB_VIEW_DESCRIPTION") else summary(
            job
        )  # fmt: skip

    def _update(self, call: Call) -> dict[str, Any]:
        job, requested = self._job(call), call.body.get("requestedState", "")
        if requested not in ("JOB_STATE_CANCELLED", "JOB_STATE_DRAINED"):
            message = f"A job cannot be requested to be in state '{requested}'."
            raise refusal("INVALID_ARGUMENT", message)
        self._jobs.end(job, requested)
        return {**summary(job), "requestedState": requested}

    def _messages(self, call: Call) -> dict[str, Any]:
        job = self._job(call)
        least = call["minimumImportance"] or "JOB_MESSAGE_BASIC"
        rank = _IMPORTANCE.index(least) if least in _IMPORTANCE else 0
        start = parsed(call["startTime"], field="start_time") if call["startTime"] else 0.0
        rows = [
            (number, one)
            for number, one in enumerate(job.messages)
            if _IMPORTANCE.index(one.importance) >= rank and one.time >= start
        ]
        return page(
            call,
            rows,
            "jobMessages",
            lambda row: {
                "id": f"msg_{row[0]:04}",
                "time": written(row[1].time),
                "messageText": row[1].text,
                "messageImportance": row[1].importance,
            },
            usual=100,
        )

    def _details(self, call: Call) -> dict[str, Any]:
        return {"stages": execution(self._job(call))}

    def _launch(self, call: Call) -> dict[str, Any]:
        """A classic template."""
        wish = Launch(
            project=call.project,
            location=_region(call),
            name=call.body.get("jobName", ""),
            template=call["gcsPath"],
            flexible=False,
            parameters=call.body.get("parameters", {}),
            environment=call.body.get("environment", {}),
        )
        return self._answer(wish, dry=call.flag("validateOnly"))

    def _launch_flex(self, call: Call) -> dict[str, Any]:
        given = call.body.get("launchParameter", {})
        wish = Launch(
            project=call.project,
            location=_region(call),
            name=given.get("jobName", ""),
            template=given.get("containerSpecGcsPath", ""),
            flexible=True,
            parameters=given.get("parameters", {}),
            environment=given.get("environment", {}),
        )
        return self._answer(wish, dry=bool(call.body.get("validateOnly")))

    def _answer(self, wish: Launch, *, dry: bool) -> dict[str, Any]:
        if dry:
            self._jobs.require(wish)
            return {}
        return {"job": summary(self._jobs.launch(wish))}

    def _job(self, call: Call) -> Job:
        return self._jobs.find(call.project, call["jobId"], call["location"])


def _region(call: Call) -> str:
    return call["location"] or _DEFAULT_REGION


def _wanted(call: Call, job: Job) -> bool:
    kind = call["filter"]
    if kind == "ACTIVE" and job.state in FINAL:
        return False
    if kind == "TERMINATED" and job.state not in FINAL:
        return False
    start, end = call["createTimeRange.startTime"], call["createTimeRange.endTime"]
    if start and job.created < parsed(start, field="create_time_range.start_time"):
        return False
    if end and job.created > parsed(end, field="create_time_range.end_time"):
        return False
    return call["name"] in ("", job.launch.name)
