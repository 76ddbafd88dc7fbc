"""Asking for Deployments, and deciding about those that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from django.db import transaction

from dashboard import audit
from dashboard.launch.turns import enqueue_next, nudge
from dashboard.models import Deployment, Pipeline, User, Version
from dashboard.services import (
    adoptions,
    approvals,
    drift_checks,
    pipelines,
    plans,
    repairs,
    retries,
)
from dashboard.services.entering import require_level
from dashboard.services.managing import require_managed
from dashboard.services.pipelines import version_in_cloud
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible

Operation = Deployment.Operation
Status = Deployment.Status


@transaction.atomic
def request_deployment(
    *,
    actor: User | None,
    pipeline: Pipeline,
    operation: str,
    plan: Deployment | None = None,
    message: str = "",
    retry_of: Deployment | None = None,
    untouched: Sequence[str] = (),
    adopt: Mapping[str, str] | None = None,
) -> Deployment:
    """Queue one operation. An `up` may name the preview whose plan it applies, and adopts
    what that adopts. Without an actor it is Skyclock itself that asks.

    Where its Connection wants approval, an `up` or a destroy shows first what it would do. One
    that names a preview has shown it, and waits for its approval at once.
    A retry is of the same Version, and may leave `untouched` what succeeded before.
    """
    if operation not in Operation.values:
        known = ", ".join(Operation.values)
        raise InvalidInput.at("operation", f"One of {known}, not '{operation}'.")
    # With its Connection, whose wish for approval may be changed at this moment.
    row = Pipeline.objects.select_for_update(of=("self", "connection"))
    row = row.select_related("connection")
    pipeline = row.get(pk=pipeline.pk)
    if pipeline.archived_at:
        raise NotPossible("This pipeline was deleted.")
    require_managed(pipeline)
    require_level(pipeline.connection, Level.DEPLOY)
    version = _version(pipeline, operation)
    version = retry_of.version if retry_of else version
    if plan is not None:
        plans.require_usable(plan, pipeline=pipeline, operation=operation)
        adopt = plan.adopt or None
    elif retry_of is not None and operation == Operation.PREVIEW:
        adopt = retry_of.adopt
    asks = approvals.needed(pipeline.connection, operation)
    deployment = Deployment.objects.create(
        pipeline=pipeline,
        version=version,
        operation=operation,
        status=Status.AWAITING_APPROVAL if asks and plan else Status.QUEUED,
        plan=plan,
        needs_approval=asks,
        changes=plan.changes if asks and plan else {},
        message=message.strip()[:500],
        retry_of=retry_of,
        untouched=list(untouched),
        requested_by=actor,
        adopt=None if adopt is None else dict(adopt),
    )
    if operation == Operation.CHECK:
        drift_checks.note_asked(pipeline, deployment)
    else:
        Pipeline.objects.filter(pk=pipeline.pk).update(last_deployment=deployment)
    detail = {"pipeline": pipeline.name, "operation": operation, "version": version.number}
    detail |= {"message": deployment.message} if deployment.message else {}
    audit.record(actor=actor, action="deployment.request", subject=deployment, detail=detail)
    transaction.on_commit(partial(nudge, deployment.pk))
    return deployment


def _version(pipeline: Pipeline, operation: str) -> Version:
    """What is in the cloud for refresh and destroy, what was saved last for the others."""
    if operation in (Operation.PREVIEW, Operation.UP):
        assert pipeline.current_version is not None  # made together with the row
        return pipeline.current_version
    version = version_in_cloud(pipeline)
    if version is None:
        raise NotPossible(f"Nothing of {pipeline.name} is in the cloud.")
    return version


def request_adoption(
    *, actor: User, pipeline: Pipeline, resources: Sequence[Mapping[str, str]]
) -> Deployment:
    """Preview how resources that exist already would be taken over as they are; without any, a
    preview that looks for what exists."""
    ids = adoptions.wanted(pipeline, resources)
    return request_deployment(
        actor=actor, pipeline=pipeline, operation=Operation.PREVIEW, adopt=ids
    )


@transaction.atomic
def retry(*, actor: User, deployment: Deployment, here: bool = False) -> Deployment:
    """The same operation on the same Version once more; `here`: only what did not succeed, and
    what comes after it."""
    retries.require_possible(deployment)
    found = retries.FromHere()
    if here:
        found = retries.from_here(deployment, list(deployment.resources.all()))
    if found.refused:
        raise NotPossible(found.refused)
    return request_deployment(
        actor=actor,
        pipeline=deployment.pipeline,
        operation=deployment.operation,
        retry_of=deployment,
        untouched=found.untouched,
    )


@transaction.atomic
def roll_back(*, actor: User, pipeline: Pipeline, version: Version, operation: str) -> Deployment:
    """Make an earlier Version the newest again, and ask for its preview or its deployment;
    both or neither."""
    if operation not in (Operation.PREVIEW, Operation.UP):
        raise InvalidInput.at("operation", f"One of preview, up, not '{operation}'.")
    pipelines.roll_back(actor=actor, pipeline=pipeline, to=version)
    return request_deployment(actor=actor, pipeline=pipeline, operation=operation)


@transaction.atomic
def request_repair(*, actor: User, deployment: Deployment) -> Deployment:
    """Put right what a crash left of it, and do the same operation again: one Deployment, whose
    first phase is the repair."""
    found = repairs.look(deployment)
    if found is None:
        raise NotPossible("There is nothing to repair: look at the pipeline's last deployment.")
    if not found.possible:
        raise NotPossible(" ".join(found.sentences))
    row = request_deployment(
        actor=actor, pipeline=deployment.pipeline, operation=deployment.operation
    )
    Deployment.objects.filter(pk=row.pk).update(retry_of=deployment)
    audit.record(actor=actor, action="deployment.repair", subject=deployment)
    row.refresh_from_db()
    return row


@transaction.atomic
def approve(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    """Have the plan that it shows applied; it takes its turn by when it was asked for."""
    row = approvals.approve(actor=actor, deployment=deployment, comment=comment)
    transaction.on_commit(partial(enqueue_next, row.pipeline_id))
    return row


def discard(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    return approvals.discard(actor=actor, deployment=deployment, comment=comment)
