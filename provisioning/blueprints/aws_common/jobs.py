"""Training jobs of SageMaker as runs, and the phases they went through as steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioning.contracts import RunStatus, StepRecord

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
