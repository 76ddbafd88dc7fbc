"""What went wrong in an operation, as its outcome says it."""

from __future__ import annotations

from datetime import UTC, datetime

from provisioning.contracts import (
    OperationError,
    StackSpec,
    TriggerProof,
    TriggerState,
)
from provisioning.engine import failures
from provisioning.engine.failures import Diagnose
from provisioning.engine.stacks import Result
from provisioning.errors import CloudError, PlanStale, SkyclockError


def of_engine(result: Result | None, diagnose: Diagnose, *, planned: bool) -> OperationError | None:
    """Of how the engine ended; None where it succeeded, or was not started."""
    if result is None or result.succeeded:
        return None
    if result.killed:
        return failures.killed()
    if result.refusal:
        return OperationError(summary=f"The Pulumi engine refused: {result.refusal}")
    error = failures.explain(result.failures, diagnose)
    if error is None and planned:
        return failures.plan_not_met()
    return error or OperationError(
        summary="The Pulumi engine ended with an error and gave no reason."
    )


def of_failure(error: SkyclockError, diagnose: Diagnose) -> OperationError:
    """Of what was raised before the engine began, or beside it."""
    if isinstance(error, PlanStale):
        return OperationError.plan_stale(str(error))
    if not isinstance(error, CloudError):
        return OperationError(summary=str(error))
    found = diagnose(error.code, error.message, str(error))
    return OperationError(
        summary=str(error),
        cloud_message=error.message,
        hint=found.hint,
        kind=found.kind or failures.kind_of(error),
        policy=found.policy,
    )


def unproven(spec: StackSpec, error: CloudError) -> tuple[TriggerProof, ...]:
    """Of triggers that could not be read back."""
    now = datetime.now(UTC)
    return tuple(
        TriggerProof(
            key=trigger.key, state=TriggerState.UNKNOWN, verified_at=now, message=str(error)
        )
        for trigger in spec.triggers
    )
