"""The history of a data pipeline: jobs as Data Pipelines lists them, joined with what started
them and with Dataflow.

What is certain of a run's trigger: that an event started it (the workflow's execution tells the
job), and that it was started by hand from here (its claim tells the job). That the schedule
started it is told by the time: within a minute and a half after a firing, and by nothing else
that we know of. Of any other run, such as one started in Google's console, it is not known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import (
    LogLine,
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
)
from provisioning.errors import InvalidInput, NotFound
from provisioning.schedules.unix_cron import firings

from ..google_common.claims import Claims
from ..google_common.names import Place
from ..google_common.times import utc
from . import names, schedule
from .dataflow import Dataflow
from .executions import Executions, Started

PAGE = 100
LATE = timedelta(seconds=90)  # a scheduled start is due at its minute, and takes a moment
RETRYING = timedelta(minutes=15)  # how long a workflow may be at its call

TOGETHER = timedelta(hours=6)  # runs that are looked up at once

STATUSES = {
    "STATE_PENDING": RunStatus.QUEUED,
    "STATE_RUNNING": RunStatus.RUNNING,
    "STATE_DONE": RunStatus.SUCCEEDED,
    "STATE_FAILED": RunStatus.FAILED,
    "STATE_CANCELLED": RunStatus.STOPPED,
}


class Reader:
    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        place = Place(spec.region, spec.account)
        self._jobs = session.client("datapipelines").projects().locations().pipelines().jobs()
        self._name = names.pipeline(spec.slug, place)
        self._spec = spec
        self._dataflow = Dataflow(session, spec)
        self._executions = Executions(session, spec)
        self._starts = Claims(session, place.bucket(spec.slug, names.WORK), names.STARTS)
        self._seen: dict[str, dict[str, Any]] = {}  # jobs, by name
        self._started: dict[str, Started] = {}  # by events, by the job's name
        self._looked: list[tuple[datetime, datetime]] = []  # at executions of these times

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """Jobs, and the starts by events that came to none."""
        token, before = _read(cursor)
        try:
            jobs, token = self._page(token)
        except NotFound:  # destroyed, or not deployed yet
            return RunPage(runs=())
        wanted = [each for each in jobs if since is None or _made(each) >= since]
        more = bool(token) and len(wanted) == len(jobs)
        after = _made(jobs[-1]) if more else since
        failures = self._executions.failures(after, before)
        records = [*map(listed, wanted), *failures]
        records.sort(key=lambda run: run.started, reverse=True)
        return RunPage(runs=tuple(records), cursor=_written(token, after) if more else None)

    def run(self, cloud_id: str) -> RunRecord:
        if "/executions/" in cloud_id:
            if failure := self._executions.failure(cloud_id):
                return failure
            raise NotFound("Google has forgotten this start.", code="NOT_FOUND")
        job = self.job(cloud_id)
        key, cause, firing = self._trigger(job)
        told = {"trigger": key, "cause": cause, "scheduled_for": firing}
        record = listed(job).model_copy(update=told)
        if record.status is RunStatus.FAILED and not record.reason:
            behind = self._dataflow.job(job)
            reason = self._dataflow.why(behind) if behind else ""
            return record.model_copy(update={"reason": reason})
        return record

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        behind = self.behind(cloud_id)
        return self._dataflow.steps(behind) if behind else ()

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        if "/executions/" in cloud_id:
            failed = self.run(cloud_id)
            return LogPage(lines=(LogLine(time=failed.started, text=failed.reason),))
        behind = self.behind(cloud_id)
        if behind is None:
            return LogPage(note="Dataflow has no job that belongs to this run for certain.")
        return self._dataflow.log(behind, step, cursor)

    def behind(self, cloud_id: str) -> dict[str, Any] | None:
        """The Dataflow job of a run."""
        return None if "/executions/" in cloud_id else self._dataflow.job(self.job(cloud_id))

    def job(self, cloud_id: str) -> dict[str, Any]:
        """Data Pipelines lists jobs and gives none by itself: from the newest on until it comes."""
        token: str | None = ""
        while cloud_id not in self._seen and token is not None:
            _, token = self._page(token)
        if cloud_id not in self._seen:
            raise NotFound("Google has forgotten this run.", code="NOT_FOUND")
        return self._seen[cloud_id]

    def _page(self, token: str | None) -> tuple[list[dict[str, Any]], str | None]:
        more = {"pageToken": token} if token else {}
        with cloud_errors("list the runs"):
            answer = self._jobs.list(parent=self._name, pageSize=PAGE, **more).execute()
        jobs = answer.get("jobs", [])
        self._seen |= {each["name"]: each for each in jobs}
        return jobs, answer.get("nextPageToken") or None

    # ── What started it ─────────────────────────────────────────────────────────────

    def _trigger(self, job: Mapping[str, Any]) -> tuple[str, str, datetime | None]:
        """The trigger, what set it off, and which firing of the schedule it was."""
        self._look_for_starts(job)
        if started := self._started.get(job["name"]):
            return started.key, started.cause, None
        if job["name"] in self._by_hand:
            return "manual", "", None
        made = _made(job)
        coming = self._firings(made - LATE)
        found = ((key, "", instant) for key, instant in coming if instant <= made)
        return next(found, ("", "", None))

    def _look_for_starts(self, job: Mapping[str, Any]) -> None:
        """Executions of the time around, read once for all runs that lie in it."""
        made = _made(job)
        if any(since <= made < until for since, until in self._looked):
            return
        near = [each for each in map(_made, self._seen.values()) if abs(each - made) <= TOGETHER]
        oldest, newest = min(near), max(near)
        window = (oldest - RETRYING, newest + timedelta(minutes=1))
        for each in self._executions.started(*window):
            self._started[each.job] = each
        self._looked.append((oldest, newest + timedelta(microseconds=1)))

    @cached_property
    def _by_hand(self) -> Mapping[str, datetime]:
        return self._starts.jobs()

    def _firings(self, after: datetime) -> Iterator[tuple[str, datetime]]:
        """The next one of the schedule, as this version has it."""
        for trigger in self._spec.schedules:
            try:
                written = schedule.translated(trigger)
            except InvalidInput:  # of another release
                continue
            (expression,) = written.expressions
            coming = next(firings(expression, written.timezone, after=after), None)
            if coming:
                yield trigger.key, coming


def listed(job: Mapping[str, Any]) -> RunRecord:
    """Without what started it."""
    return RunRecord(
        cloud_id=job["name"],
        status=STATUSES.get(job["state"], RunStatus.RUNNING),
        cloud_status=job["state"],
        started=_made(job),
        finished=utc(job.get("endTime")),
        reason=job.get("status", {}).get("message", ""),
    )


def _made(job: Mapping[str, Any]) -> datetime:
    return utc(str(job["createTime"]))


def _read(cursor: str | None) -> tuple[str | None, datetime | None]:
    if cursor is None:
        return None, None
    found = json.loads(cursor)
    return found["token"], datetime.fromisoformat(found["before"])


def _written(token: str | None, before: datetime | None) -> str:
    return json.dumps({"token": token, "before": before.isoformat() if before else ""})
