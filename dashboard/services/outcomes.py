"""How Deployments end: one UPDATE under the lease, and what follows from it for the Pipeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard import live
from dashboard.models import Deployment, Pipeline, Run
from dashboard.services import drifts, lifetimes, own_triggers, plans, proofs
from dashboard.services.deployment_log import Recorder, forget_spool
from dashboard.services.leases import LeaseLost
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from provisioning.contracts import OperationError, OutcomeEvent

Operation = Deployment.Operation
Status = Deployment.Status
CUT_SHORT = (Status.CANCELLED, Status.INTERRUPTED)
TOLD = {"sentence", "cosmetic"}  # of a drift; its row has the rest
CONTINUES = "Deploy again: it goes on from what exists now."
STOPPED = "Skyclock was stopped during the operation."
CUT_OFF = "Skyclock, or only its worker, was stopped during the operation."
KILLED = "The operation's process was killed, by somebody or for lack of memory."
WORKER_DIED = "The worker died during the operation."
CANCELLED = "Cancelled. What was done until then is kept."
CUT = (
    "Stopped at once. What was being created may be left behind: the next operation asks the "
    "cloud for it."
)
TOO_LATE = "All was done before the wish to stop reached it."


def write(
    recorder: Recorder, outcome: OutcomeEvent, deployment: Deployment, *, unasked: str = CUT_OFF
) -> None:
    """End as the operation itself said it ended; `unasked` is why, if nobody asked it to."""
    status = Status(outcome.status)
    error = outcome.error
    if status == Status.SUCCEEDED and cancel_was_asked(deployment):
        recorder.say(TOO_LATE)
    if status == Status.CANCELLED and not cancel_was_asked(deployment):
        # The operation was stopped with its worker, by nobody's wish.
        status = Status.INTERRUPTED
        error = OperationError(summary=unasked, hint=CONTINUES)
    if error and not deployment.lines.filter(level="error").exists():
        recorder.say(error.summary, level="error")  # what it failed at before the engine spoke
    values = {
        "changes": outcome.changes.model_dump(),
        "engine": outcome.engine,
        "drifts": [each.model_dump(include=TOLD) for each in outcome.drifts],
        **_about_state(deployment, outcome),
    }
    if status == Status.SUCCEEDED and deployment.needs_approval and deployment.only_plans:
        _await_approval(recorder, deployment, values)
        return
    with transaction.atomic():
        _finish(recorder, status=status, error=error.model_dump() if error else None, **values)
        if status == Status.SUCCEEDED:
            _follow_up(deployment, outcome)
        elif not deployment.only_plans:
            proofs.record(deployment.pipeline, outcome.proofs, _change(deployment, outcome).ended)
    _after(recorder, deployment, status)


def _about_state(deployment: Deployment, outcome: OutcomeEvent) -> dict[str, Any]:
    if not deployment.only_plans:
        return {"state_left": outcome.state}
    return {
        "planned_at": F("started_at"),
        "planned_on": outcome.state,
        "planned_by": outcome.engine,
    }


def _await_approval(recorder: Recorder, deployment: Deployment, values: dict[str, Any]) -> None:
    """Its plan is made. It holds nobody from now on, and goes on when somebody approves."""
    wanted = recorder.lease.rows().filter(cancel_requested_at=None)
    waits = wanted.update(
        **values,
        status=Status.AWAITING_APPROVAL,
        started_at=None,  # of what it changes: nothing yet
        phase="",
        phases=_closed(recorder.phases, Status.AWAITING_APPROVAL),
        lease_owner="",
        lease_until=None,
    )
    if not waits:  # somebody asked to cancel it while its plan was being made, or it is not ours
        _finish(recorder, status=Status.CANCELLED, **values)
    _after(recorder, deployment, Status.AWAITING_APPROVAL if waits else Status.CANCELLED)


def refuse(recorder: Recorder, error: OperationError, deployment: Deployment) -> None:
    """End before its process was started: nothing was begun, so nothing new is in the cloud."""
    recorder.say(error.summary, level="error")
    with transaction.atomic():
        _finish(recorder, status=Status.FAILED, error=error.model_dump(), started_at=None)
        if recorder.lease.first:
            Pipeline.objects.filter(pk=deployment.pipeline_id).update(may_exist_in_cloud=False)
    _after(recorder, deployment, Status.FAILED)


def fail(recorder: Recorder, error: OperationError, deployment: Deployment) -> None:
    """End without an outcome: its process died."""
    recorder.say(error.summary, level="error")
    with transaction.atomic():
        _finish(recorder, status=Status.FAILED, error=error.model_dump())
    _after(recorder, deployment, Status.FAILED)


def interrupt(recorder: Recorder, deployment: Deployment, why: str) -> None:
    """End what was cut off by no fault of its own, when its process is gone."""
    error = OperationError(summary=why, hint=CONTINUES)
    recorder.say(error.summary, level="error")
    with transaction.atomic():
        _finish(recorder, status=Status.INTERRUPTED, error=error.model_dump())
    _after(recorder, deployment, Status.INTERRUPTED)


def died(
    recorder: Recorder, deployment: Deployment, *, last_words: str, killed: bool = False
) -> None:
    """End after its process ended and left no outcome."""
    if killed and not cancel_was_asked(deployment):
        interrupt(recorder, deployment, KILLED)
        return
    if not cancel_was_asked(deployment):
        error = OperationError(
            summary="The operation's process ended without an outcome.",
            cloud_message=last_words or None,
            hint=CONTINUES,
        )
        fail(recorder, error, deployment)
        return
    # The wish reached it so early, or so hard, that it could not say anything any more.
    cut_short(recorder, deployment)


def cut_short(recorder: Recorder, deployment: Deployment) -> None:
    """End by people's wish what did not begin, or could not say how it ended."""
    deployment.refresh_from_db(fields=["kill_requested_at"])
    recorder.say(CUT if deployment.kill_requested_at else CANCELLED, level="warning")
    with transaction.atomic():
        _finish(recorder, status=Status.CANCELLED)
    _after(recorder, deployment, Status.CANCELLED)


def _finish(recorder: Recorder, **values: Any) -> None:
    ended = recorder.lease.rows().update(
        **values,
        finished_at=timezone.now(),
        phase="",
        phases=_closed(recorder.phases, values["status"]),
        lease_owner="",
        lease_until=None,
    )
    if not ended:
        raise LeaseLost


def _closed(phases: list[dict[str, Any]], status: Status) -> list[dict[str, Any]]:
    """A phase that was cut off did not finish. By a cancel or a crash it did not fail, either,
    though that is what the operation itself may have told."""
    now = timezone.now().isoformat()
    state = status.value if status in CUT_SHORT else "failed"
    closed = ("started", "failed") if status in CUT_SHORT else ("started",)
    return [
        one | {"state": state, "finished": one["finished"] or now}
        if one["state"] in closed
        else one
        for one in phases
    ]


def _follow_up(deployment: Deployment, outcome: OutcomeEvent) -> None:
    """What a success means for the Pipeline and its triggers."""
    pipeline = Pipeline.objects.filter(pk=deployment.pipeline_id)
    now = timezone.now()
    change = _change(deployment, outcome)
    if deployment.operation == Operation.UP:
        pipeline.update(
            outputs=outcome.outputs or {},
            deployed_version=deployment.version_id,
            sync_due_at=now,
            verified_at=now,
        )
        proofs.forget(deployment.pipeline, keep=[proof.key for proof in outcome.proofs])
        promises.deployed(deployment.pipeline, deployment.version, change, outcome.proofs)
    elif deployment.operation == Operation.DESTROY:
        pipeline.update(
            outputs={}, deployed_version=None, may_exist_in_cloud=False, sync_due_at=None
        )
        proofs.forget(deployment.pipeline)
        lifetimes.destroyed(deployment.pipeline)
        promises.destroyed(deployment.pipeline, change)
        _end_runs(deployment.pipeline)
    if deployment.operation != Operation.DESTROY:
        proofs.record(deployment.pipeline, outcome.proofs, change.ended)
    drifts.follow_up(deployment, outcome)
    own_triggers.refresh(deployment.pipeline)
    own_triggers.refresh_listeners(deployment.pipeline)


def _change(deployment: Deployment, outcome: OutcomeEvent) -> Change:
    """By the Connection's clock; where the operation could not ask it, as the rows know it."""
    connection = deployment.pipeline.connection
    ended = max(filter(None, (outcome.ended, connection.at_least(timezone.now()))))
    began = outcome.began or ended - _took(deployment)
    return Change(began=min(began, ended), ended=ended)


def _took(deployment: Deployment) -> timedelta:
    started = deployment.started_at
    return max(timezone.now() - started, timedelta(0)) if started else timedelta(0)


def _end_runs(pipeline: Pipeline) -> None:
    """Runs that were under way went with the pipeline; nobody will tell us how they ended."""
    unfinished = pipeline.runs.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING])
    unfinished.update(
        status=Run.Status.STOPPED,
        finished=pipeline.connection.now(timezone.now()),
        reason="The pipeline was destroyed while this run was under way.",
        complete=True,
    )


def cancel_was_asked(deployment: Deployment) -> bool:
    return Deployment.objects.filter(pk=deployment.pk, cancel_requested_at__isnull=False).exists()


def _after(recorder: Recorder, deployment: Deployment, status: Status) -> None:
    """Once the rows are committed: the file has served, and followers learn of the end."""
    forget_spool(deployment.pk)
    if status == Status.SUCCEEDED and deployment.operation in (Operation.UP, Operation.DESTROY):
        plans.forget(deployment.pipeline)
    live.publish(deployment.pk, last=recorder.last, status=status)
