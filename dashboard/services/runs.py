"""Runs that people start, stop and repeat. The cloud is asked here and now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.models import Pipeline, Run, User
from dashboard.services import run_rows
from dashboard.services.entering import Entered, enter
from dashboard.services.managing import require_managed
from provisioning.contracts import Level, ParameterSpec, RunRecord, RunStatus
from provisioning.errors import CloudError, NotPossible


def parameters(pipeline: Pipeline) -> tuple[ParameterSpec, ...]:
    """What *Run now* asks for; of the Version that is deployed."""
    require_managed(pipeline)
    return enter(pipeline, Level.RUN).controls().parameters()


def start(*, actor: User, pipeline: Pipeline, parameters: Mapping[str, str]) -> Run:
    """Start a run; the row is written once the cloud has accepted it.

    InvalidInput at "parameters.<name>" for values that cannot be right.
    """
    require_managed(pipeline)
    entered = enter(pipeline, Level.RUN)
    cloud_id = entered.controls().start(parameters, token=uuid4().hex)
    return _accepted(
        actor=actor,
        pipeline=pipeline,
        entered=entered,
        cloud_id=cloud_id,
        action="run.start",
        parameters=dict(parameters),
    )


def stop(*, actor: User, run: Run) -> Run:
    """Ask the cloud to stop it. Its state follows when the cloud has done so."""
    if run.final:
        raise NotPossible("This run has ended already.")
    require_managed(run.pipeline)
    entered = enter(run.pipeline, Level.RUN)
    entered.controls().stop(run.cloud_id)
    audit.record(
        actor=actor, action="run.stop", subject=run, detail={"pipeline": run.pipeline.name}
    )
    _look_soon(run.pipeline, run, entered)
    run.refresh_from_db()
    return run


def rerun(*, actor: User, run: Run, from_failure: bool = False) -> Run:
    """Run again with the same parameters; the Run that results, which can be the same one."""
    require_managed(run.pipeline)
    entered = enter(run.pipeline, Level.RUN)
    cloud_id = entered.controls().rerun(run.cloud_id, from_failure=from_failure, token=uuid4().hex)
    return _accepted(
        actor=actor,
        pipeline=run.pipeline,
        entered=entered,
        cloud_id=cloud_id,
        action="run.rerun",
        parameters=run.parameters,
    )


def _accepted(
    *,
    actor: User,
    pipeline: Pipeline,
    entered: Entered,
    cloud_id: str,
    action: str,
    parameters: dict[str, Any],
) -> Run:
    """What the cloud accepted becomes a row, whatever happens next."""
    record = accepted(entered, cloud_id, parameters)
    with transaction.atomic():
        run = run_rows.save_one(pipeline, record, requested_by=actor, trigger_kind="manual")
        detail = {"pipeline": pipeline.name}
        audit.record(actor=actor, action=action, subject=run, detail=detail)
    _look_soon(pipeline, run, entered)
    run.refresh_from_db()
    return run


def accepted(entered: Entered, cloud_id: str, parameters: Mapping[str, str]) -> RunRecord:
    """What is known of a run that the cloud has just accepted from us."""
    return RunRecord(
        cloud_id=cloud_id,
        status=RunStatus.QUEUED,
        cloud_status="",
        started=entered.session.now(),
        trigger="manual",
        parameters=dict(parameters),
    )


def _look_soon(pipeline: Pipeline, run: Run, entered: Entered) -> None:
    """Read the run back, and have the history pulled at the next tick."""
    with suppress(CloudError):  # the next pull tells as well
        run_rows.look(pipeline, run, entered.reader(), now=entered.session.now)
    Run.objects.filter(pk=run.pk).update(complete=False)
    pull_soon(pipeline)


def pull_soon(pipeline: Pipeline) -> None:
    """Show what the rows know now, and have the history pulled at the next tick."""
    run_rows.save_recent(pipeline)
    Pipeline.objects.filter(pk=pipeline.pk).update(sync_due_at=timezone.now())
