"""Training jobs of SageMaker as runs, listed and stopped, and the phases they went through as
steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.base import Controls, Tell
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import RunRecord, RunStatus, StepRecord
from provisioning.errors import NotPossible

from ..common import stopping

PAGE = 100  # the most that SageMaker gives at once; it answers two such calls a second
LONGEST = timedelta(days=5)

STATUSES = {
    "InProgress": RunStatus.RUNNING,
    "Completed": RunStatus.SUCCEEDED,
    "Failed": RunStatus.FAILED,
    "Stopping": RunStatus.RUNNING,
    "Stopped": RunStatus.STOPPED,
    "Deleting": RunStatus.STOPPED,  # only a job that has ended can be deleted
}
# Secondary statuses that tell an end, not a phase of work. The API reference of
# SecondaryStatusTransition; more of them may come, and are then shown as phases.
ENDS = ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded")


@dataclass(frozen=True)
class Position:
    """How far a list has come: where SageMaker goes on, and from when on what is no job has been
    told, which lies between the jobs."""

    token: str | None = None
    newest: datetime | None = None

    @classmethod
    def at(cls, cursor: str | None) -> Position:
        if not cursor:
            return cls()
        token, newest = json.loads(cursor)
        return cls(token, datetime.fromisoformat(newest) if newest else None)

    def cursor(self) -> str | None:
        if not self.token:
            return None
        return json.dumps([self.token, self.newest.isoformat() if self.newest else None])


def listed(
    session: Session, root: str, *, since: datetime | None, token: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of jobs whose names have `root-` in them, newest first, and the next one's token."""
    with cloud_errors("list the training jobs"):
        answer = session.client("sagemaker").list_training_jobs(
            NameContains=f"{root}-",
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=PAGE,
            # CreationTimeAfter leaves out the instant itself.
            **({"CreationTimeAfter": since - timedelta(seconds=1)} if since else {}),
            **({"NextToken": token} if token else {}),
        )
    return answer["TrainingJobSummaries"], answer.get("NextToken")


def in_list(found: Mapping[str, Any]) -> RunRecord:
    """As much as a list tells."""
    return RunRecord(
        cloud_id=found["TrainingJobArn"],
        status=STATUSES[found["TrainingJobStatus"]],
        cloud_status=found["TrainingJobStatus"],
        started=_utc(found["CreationTime"]),
        finished=ended(found),
    )


def name_of(cloud_id: str) -> str:
    return cloud_id.rpartition("/")[2]


def data_of(found: Mapping[str, Any]) -> str:
    """The address of what the job trains on."""
    channels = found.get("InputDataConfig") or [{}]
    return str(channels[0].get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", ""))


def stop(session: Session, run: RunRecord) -> None:
    if run.status.final:
        raise NotPossible(f"This run has already ended: {run.cloud_status}.")
    if run.cloud_status not in STATUSES:
        raise NotPossible("SageMaker does not have the job yet. Try again in a moment.")
    if run.cloud_status == "Stopping":
        return
    with cloud_errors("stop the training job"):
        session.client("sagemaker").stop_training_job(TrainingJobName=name_of(run.cloud_id))


def stop_all(running: Callable[[], Sequence[str]], controls: Controls, tell: Tell) -> None:
    """Jobs go on without the pipeline, and nobody would watch them."""

    def begin(count: int) -> None:
        tell(f"Stopping {count} training job{'s' if count > 1 else ''}.")

    def too_long(count: int) -> str:
        return f"{count} training jobs are still stopping. Destroy again when they have ended."

    stopping.stop_all(running, controls, begin=begin, too_long=too_long)


def ended(found: Mapping[str, Any]) -> datetime | None:
    """Of DescribeTrainingJob or ListTrainingJobs. A job that never trained has no end of its
    training, so that its last change has to do."""
    if not STATUSES[found["TrainingJobStatus"]].final:
        return None
    moment = found.get("TrainingEndTime") or found.get("LastModifiedTime")
    return _utc(moment) if moment else None


def phases(found: Mapping[str, Any]) -> tuple[StepRecord, ...]:
    """Of DescribeTrainingJob: one step for each phase that the job has reached."""
    status = STATUSES[found["TrainingJobStatus"]]
    reached = [
        each for each in found.get("SecondaryStatusTransitions", ()) if each["Status"] not in ENDS
    ]
    return tuple(_phase(found, reached, position, status) for position in range(len(reached)))


def _phase(
    found: Mapping[str, Any],
    reached: Sequence[Mapping[str, Any]],
    position: int,
    status: RunStatus,
) -> StepRecord:
    phase, last = reached[position], position == len(reached) - 1
    finished = phase.get("EndTime") or (found.get("TrainingEndTime") if status.final else None)
    reason = str(found.get("FailureReason", "")) if last and status is RunStatus.FAILED else ""
    return StepRecord(
        name=phase["Status"],
        kind="Phase",
        status=status if last else RunStatus.SUCCEEDED,
        cloud_status=phase["Status"],
        started=_utc(phase["StartTime"]),
        finished=_utc(finished) if finished else None,
        reason=reason or str(phase.get("StatusMessage", "")),
        cloud_id=str(found["TrainingJobArn"]),
        after=(reached[position - 1]["Status"],) if position else (),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
