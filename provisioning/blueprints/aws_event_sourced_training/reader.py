"""The history of an event-sourced training: SageMaker's jobs, and what the event log says of
them. A run is one training, named by the ARN of its job whether SageMaker took the job or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common import jobs, logs, schedules
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.sagemaker import described
from provisioning.clouds.session import Session
from provisioning.contracts import (
    LoggedEvent,
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
)
from provisioning.errors import NotFound

from . import names
from .assets.training_events.wording import REFUSED, REGISTERED, REQUESTED, is_job
from .event_log import EventLog

MANUAL = "manual"
REQUEST, REGISTER = "Request", "Register"


class Reader:
    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session, self._spec = session, spec
        self._log = EventLog(session, spec)
        self._root = names.jobs(spec.slug)
        self._place = Place(spec.region, spec.account)

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """Jobs as SageMaker pages them; those that it refused lie in between."""
        before = jobs.Position.at(cursor)
        answered, following = jobs.listed(
            self._session, self._root, since=since, token=before.token
        )
        found = [
            jobs.in_list(each) for each in answered if is_job(self._root, each["TrainingJobName"])
        ]
        oldest = found[-1].started if found and following else None
        found += [
            run
            for run in self._refused(since)
            if (before.newest is None or run.started < before.newest)
            and (not oldest or run.started >= oldest)
        ]
        found.sort(key=lambda run: run.started, reverse=True)
        after = jobs.Position(following, oldest or before.newest)
        return RunPage(runs=tuple(found), cursor=after.cursor())

    def _refused(self, since: datetime | None) -> Iterable[RunRecord]:
        told = {
            str(event.detail["job"]): event
            for event in self._log.with_text(f'"{REFUSED}"', since=since)
            if event.type == REFUSED and not event.replay
        }
        return [self._unborn(event) for event in told.values()]

    def run(self, cloud_id: str) -> RunRecord:
        found = self._job(cloud_id)
        if found is None:
            return self._unborn(self._last_word(cloud_id))
        status = jobs.STATUSES[found["TrainingJobStatus"]]
        told: Mapping[str, str] = found.get("Environment") or {}
        again = " (replayed)" if told.get("SKYCLOCK_REPLAY") else ""
        return RunRecord(
            cloud_id=found["TrainingJobArn"],
            status=status,
            cloud_status=found["TrainingJobStatus"],
            started=_utc(found["CreationTime"]),
            finished=jobs.ended(found),
            trigger=told.get("SKYCLOCK_TRIGGER") or MANUAL,
            started_by=f"event {told['SKYCLOCK_EVENT']}" if "SKYCLOCK_EVENT" in told else "",
            scheduled_for=schedules.scheduled_time(
                self._spec, told.get("SKYCLOCK_TRIGGER", ""), told.get("SKYCLOCK_CAUSE", "")
            ),
            cause=f"{told.get('SKYCLOCK_CAUSE', '')}{again}".strip(),
            parameters={"data": jobs.data_of(found)},
            reason=found.get("FailureReason", ""),
        )

    def _job(self, cloud_id: str) -> dict[str, Any] | None:
        return described(
            self._session, "describe_training_job", TrainingJobName=jobs.name_of(cloud_id)
        )

    def _last_word(self, cloud_id: str) -> LoggedEvent:
        """Of a job that SageMaker does not have, or not yet."""
        said = [
            event
            for event in self._log.of_job(jobs.name_of(cloud_id))
            if event.type in (REQUESTED, REFUSED)
            and event.detail.get("job") == jobs.name_of(cloud_id)
        ]
        if not said:
            raise NotFound(
                f"Neither SageMaker nor the event log knows the job {jobs.name_of(cloud_id)}.",
                code="ResourceNotFound",
                operation="read the training job",
            )
        return next((each for each in said if each.type == REFUSED), said[-1])

    def _unborn(self, event: LoggedEvent) -> RunRecord:
        """What was asked for and is not a job: refused, or about to become one."""
        detail, refused = event.detail, event.type == REFUSED
        cause = detail.get("cause") or {}
        return RunRecord(
            cloud_id=names.job_arn(detail["job"], self._place),
            status=RunStatus.FAILED if refused else RunStatus.QUEUED,
            cloud_status="Refused" if refused else "Requested",
            started=event.time,
            finished=event.time if refused else None,
            trigger=detail.get("trigger") or MANUAL,
            started_by=f"event {cause['id']}" if cause.get("id") else "",
            cause=str(cause.get("text", "")),
            parameters={"data": detail["data"]} if detail.get("data") else {},
            reason=str(detail.get("reason", "")),
        )

    # ── Steps ───────────────────────────────────────────────────────────────────────

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        """The request on the bus, the job's phases, the registration of its model."""
        said = [each for each in self._log.of_job(jobs.name_of(cloud_id)) if not each.replay]
        found = self._job(cloud_id)
        steps = [*_asked(said, found), *(jobs.phases(found) if found else ())]
        chained = [
            step.model_copy(update={"after": (steps[position - 1].name,) if position else ()})
            for position, step in enumerate(steps)
        ]
        last = chained[-1].name if chained else ""
        return (*chained, *_registered(said, after=last))

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        if step in (REQUEST, REGISTER):
            group, pattern = names.handler_log(self._spec.slug), f'"{jobs.name_of(cloud_id)}"'
            return logs.log(self._session, group, pattern=pattern, cursor=cursor)
        return logs.job_log(self._session, cloud_id, cursor=cursor)


def _asked(said: list[LoggedEvent], job: Mapping[str, Any] | None) -> list[StepRecord]:
    asked = next((each for each in said if each.type == REQUESTED), None)
    refused = next((each for each in said if each.type == REFUSED), None)
    first = asked or refused
    if first is None:
        return []
    ended = refused.time if refused else _utc(job["CreationTime"]) if job else None
    status = RunStatus.FAILED if refused else RunStatus.SUCCEEDED if job else RunStatus.RUNNING
    return [
        StepRecord(
            name=REQUEST,
            kind="Event",
            status=status,
            cloud_status=(refused or first).type,
            started=first.time,
            finished=max(ended, first.time) if ended else None,
            reason=str(refused.detail.get("reason", "")) if refused else "",
            cloud_id=first.id,
        )
    ]


def _registered(said: list[LoggedEvent], *, after: str) -> list[StepRecord]:
    found = next((each for each in said if each.type == REGISTERED), None)
    if found is None:
        return []
    return [
        StepRecord(
            name=REGISTER,
            kind="Event",
            status=RunStatus.SUCCEEDED,
            cloud_status=found.type,
            started=found.time,
            finished=found.time,
            reason=f"{found.detail.get('group')} version {found.detail.get('version')}",
            cloud_id=str(found.detail.get("arn", "")),
            after=(after,) if after else (),
        )
    ]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
