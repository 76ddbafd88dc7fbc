"""What Data Pipelines keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import part
from provisioning.sandbox.google.datapipelines.unix_cron import parse_schedule
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record


class Pipeline(Record):
    """`wish` is what its owner said, the name and state apart."""

    name: str
    state: str = "STATE_ACTIVE"
    wish: dict[str, Any]
    created: float
    changed: float
    jobs: int = 0
    done_until: float  # firings up to here are done, or were not to be
    due: float | None = None  # the next firing

    @property
    def key(self) -> str:
        return self.name

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    @property
    def location(self) -> str:
        return part(self.name, "locations")

    @property
    def streaming(self) -> bool:
        return bool(self.wish.get("type") == "PIPELINE_TYPE_STREAMING")

    @property
    def scheduler(self) -> str:
        """Whom Cloud Scheduler acts as."""
        given = str(self.wish.get("schedulerServiceAccountEmail", ""))
        return given or default_account(self.project)

    def next_due(self) -> float | None:
        schedule = self.wish.get("scheduleInfo", {})
        if self.state != "STATE_ACTIVE" or not schedule.get("schedule"):
            return None
        cron = parse_schedule(schedule["schedule"], schedule.get("timeZone", ""))
        return cron.next_after(self.done_until)

    def described(self) -> dict[str, Any]:
        answer = {
            "name": self.name,
            **self.wish,
            "state": self.state,
            "schedulerServiceAccountEmail": self.scheduler,
            "createTime": written(self.created),
            "lastUpdateTime": written(self.changed),
            "jobCount": self.jobs,
        }
        if schedule := self.wish.get("scheduleInfo"):
            coming = {"nextJobTime": written(self.due)} if self.due is not None else {}
            zone = schedule.get("timeZone") or "UTC"
            answer["scheduleInfo"] = {**schedule, "timeZone": zone, **coming}
        return answer


class PipelineJob(Record):
    """A start of a pipeline. `error` says why there is no Dataflow job."""

    pipeline: str
    id: str
    number: int  # the order of starting
    created: float
    error: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return f"{self.pipeline}/jobs/{self.id}"
