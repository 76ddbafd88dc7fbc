"""The history of an event-sourced training: SageMaker's jobs, and what the event log says of
them. A run is one training, named by the ARN of its job whether SageMaker took the job or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common import jobs, logs
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.sagemaker import described
from provisioning.clouds import cloud_errors
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

PAGE = 100  # the most that SageMaker gives at once; it answers two such calls a second
MANUAL = "manual"
REQUEST, REGISTER = "Request", "Register"


class Reader:
    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session, self._spec = session, spec
        self._client = session.client("sagemaker")
        self._log = EventLog(session, spec)
        self._root = names.jobs(spec.slug)
        self._place = Place(spec.region, spec.account)

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """Jobs as SageMaker pages them; those that it refused lie in between."""
        token, newest = _unpacked(cursor)
        with cloud_errors("list the training jobs"):
            answer = self._client.list_training_jobs(
                NameContains=f"{self._root}-",
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=PAGE,
                # CreationTimeAfter leaves out the instant itself.
                **({"CreationTimeAfter": since - timedelta(seconds=1)} if since else {}),
                **({"NextToken": token} if token else {}),
            )
        found = [
            _listed(each)
            for each in answer["TrainingJobSummaries"]
            if is_job(self._root, each["TrainingJobName"])
        ]
        following = answer.get("NextToken")
        oldest = found[-1].started if found and following else None
        found += [
            run
            for run in self._refused(since)
            if (newest is None or run.started < newest) and (not oldest or run.started >= oldest)
        ]
        found.sort(key=lambda run: run.started, reverse=True)
        return RunPage(runs=tuple(found), cursor=_packed(following, oldest or newest))

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
            cause=f"{told.get('SKYCLOCK_CAUSE', '')}{again}".strip(),
            parameters={"data": _data(found)},
            reason=found.get("FailureReason", ""),
        )

    def _job(self, cloud_id: str) -> dict[str, Any] | None:
        return described(self._session, "describe_training_job", TrainingJobName=_name(cloud_id))

    def _last_word(self, cloud_id: str) -> LoggedEvent:
        """Of a job that SageMaker does not have, or not yet."""
        said = [
            event
            for event in self._log.of_job(_name(cloud_id))
            if event.type in (REQUESTED, REFUSED) and event.detail.get("job") == _name(cloud_id)
        ]
        if not said:
            raise NotFound(
                f"Neither SageMaker nor the event log knows the job {_name(cloud_id)}.",
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
        said = [each for each in self._log.of_job(_name(cloud_id)) if not each.replay]
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
            group, pattern = names.handler_log(self._spec.slug), f'"{_name(cloud_id)}"'
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


def _listed(found: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        cloud_id=found["TrainingJobArn"],
        status=jobs.STATUSES[found["TrainingJobStatus"]],
        cloud_status=found["TrainingJobStatus"],
        started=_utc(found["CreationTime"]),
        finished=jobs.ended(found),
    )


def _data(job: Mapping[str, Any]) -> str:
    channels = job.get("InputDataConfig") or [{}]
    return str(channels[0].get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", ""))


def _name(cloud_id: str) -> str:
    return cloud_id.rpartition("/")[2]


def _packed(token: str | None, newest: datetime | None) -> str | None:
    """Where SageMaker goes on, and from when on the refused have been told."""
    if not token:
        return None
    return json.dumps([token, newest.isoformat() if newest else None])


def _unpacked(cursor: str | None) -> tuple[str | None, datetime | None]:
    if not cursor:
        return None, None
    token, newest = json.loads(cursor)
    return token, datetime.fromisoformat(newest) if newest else None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
