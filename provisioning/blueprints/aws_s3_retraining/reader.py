"""The history of a retraining: SageMaker's jobs, and what the function says of those that did
not come about. A run is named by the ARN of its job, whether SageMaker has the job or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common import jobs, logs, schedules
from provisioning.blueprints.aws_common.identities import MANUAL
from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.sagemaker import described
from provisioning.clouds.session import Session
from provisioning.contracts import (
    LogPage,
    RunPage,
    RunRecord,
    RunStatus,
    StackSpec,
    StepRecord,
)
from provisioning.errors import NotFound

from . import names
from .assets.retraining.wording import AT, OBJECT, TRIGGER, is_job
from .function_log import FunctionLog, Told

START = "Start"  # the function's part
OBJECT_PARAMETER = "object"
# How long after it was asked for a job may still come about: a call of the function, and then
# some. What is older than that has failed without a word.
PATIENCE = timedelta(minutes=10)
# How far the clocks of two services may be apart.
SKEW = timedelta(minutes=1)


class Reader:
    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session, self._spec = session, spec
        self._said = FunctionLog(session, spec)
        self._root = names.jobs(spec.slug)
        self._place = Place(spec.region, spec.account)

    # ── Runs ────────────────────────────────────────────────────────────────────────

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        """Jobs as SageMaker pages them; those that did not come about lie in between."""
        before = jobs.Position.at(cursor)
        answered, following = jobs.listed(
            self._session, self._root, since=since, token=before.token
        )
        mine = [each for each in answered if is_job(self._root, each["TrainingJobName"])]
        oldest = _utc(mine[-1]["CreationTime"]) if mine and following else None
        known = {each["TrainingJobName"] for each in mine}
        runs = [jobs.in_list(each) for each in mine]
        runs += self._unborn(known, since=oldest or since, newest=before.newest)
        runs.sort(key=lambda run: run.started, reverse=True)
        after = jobs.Position(following, oldest or before.newest)
        return RunPage(runs=tuple(runs), cursor=after.cursor())

    def _unborn(
        self, known: Iterable[str], *, since: datetime | None, newest: datetime | None
    ) -> Iterator[RunRecord]:
        """What was asked for in this page's time and is none of its jobs. Near the page's edges
        it may be a job of another page: one is made a while after it was asked for, and the
        clocks of services differ."""
        for job, told in self._said.of_all(since).items():
            asked = told.first.time
            if job in known or (newest and asked >= newest):
                continue
            at_newest = newest is not None and asked > newest - PATIENCE
            at_oldest = since is not None and asked < since + SKEW
            if (at_newest or at_oldest) and self._job(job):
                continue
            yield self._not_come_about(job, told)

    def run(self, cloud_id: str) -> RunRecord:
        job = jobs.name_of(cloud_id)
        found = self._job(job)
        if found is not None:
            return self._described(found)
        told = self._said.of_job(job)
        if told is None:
            raise NotFound(
                f"Neither SageMaker nor the function's log knows the job {job}.",
                code="ResourceNotFound",
                operation="read the training job",
            )
        return self._not_come_about(job, told)

    def data(self, cloud_id: str) -> tuple[str, str]:
        """The object that a run is for, as far as it is known, and the address of its data."""
        found = self._job(jobs.name_of(cloud_id))
        if found is None:
            return self.run(cloud_id).parameters[OBJECT_PARAMETER], ""
        return _told(found).get(OBJECT, ""), jobs.data_of(found)

    def _job(self, job: str) -> dict[str, Any] | None:
        return described(self._session, "describe_training_job", TrainingJobName=job)

    def _described(self, found: Mapping[str, Any]) -> RunRecord:
        told = _told(found)
        thing = told.get(OBJECT) or jobs.data_of(found)
        return RunRecord(
            cloud_id=found["TrainingJobArn"],
            status=jobs.STATUSES[found["TrainingJobStatus"]],
            cloud_status=found["TrainingJobStatus"],
            started=_utc(found["CreationTime"]),
            finished=jobs.ended(found),
            trigger=told.get(TRIGGER) or MANUAL,
            scheduled_for=schedules.scheduled_time(
                self._spec, told.get(TRIGGER, ""), told.get(AT, "")
            ),
            cause=thing,
            parameters={OBJECT_PARAMETER: thing},
            reason=found.get("FailureReason", ""),
        )

    def _not_come_about(self, job: str, told: Told) -> RunRecord:
        given_up = self._session.now() > told.last.time + PATIENCE
        failed = told.refused or given_up
        silent = "The function was called, and did not come to its end. Its log says more."
        return RunRecord(
            cloud_id=names.job_arn(job, self._place),
            status=RunStatus.FAILED if failed else RunStatus.QUEUED,
            cloud_status="Refused" if told.refused else "Asked",
            started=told.first.time,
            finished=told.last.time if failed else None,
            trigger=told.first.trigger or MANUAL,
            cause=told.first.object,
            parameters={OBJECT_PARAMETER: told.first.object},
            reason=told.last.reason if told.refused else silent if given_up else "",
        )

    # ── Steps ───────────────────────────────────────────────────────────────────────

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        """The function's call, then the phases of the job."""
        job = jobs.name_of(cloud_id)
        found, told = self._job(job), self._said.of_job(job)
        start = [self._started(told, found)] if told else []
        phases = list(jobs.phases(found)) if found else []
        if start and phases:
            phases[0] = phases[0].model_copy(update={"after": (START,)})
        return (*start, *phases)

    def _started(self, told: Told, job: Mapping[str, Any] | None) -> StepRecord:
        """That an earlier call was refused is of no more interest when there is a job."""
        made = _utc(job["CreationTime"]) if job else None
        run = None if job else self._not_come_about(told.first.job, told)
        return StepRecord(
            name=START,
            kind="Lambda function",
            status=run.status if run else RunStatus.SUCCEEDED,
            cloud_status=run.cloud_status if run else "Started",
            started=told.first.time,
            finished=max(made, told.first.time) if made else run.finished if run else None,
            reason=run.reason if run else "",
        )

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        if step == START:
            return self._said.page(jobs.name_of(cloud_id), cursor=cursor)
        return logs.job_log(self._session, cloud_id, cursor=cursor)


def _told(job: Mapping[str, Any]) -> Mapping[str, str]:
    return job.get("Environment") or {}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
