"""Looking after what is deployed: ghosts, drift, lifetimes, maintenance."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard import celery
from dashboard.launch.deployments import request_deployment
from dashboard.launch.turns import unsent
from dashboard.models import Deployment, Lifetime, Maintenance, Pipeline, User
from dashboard.services import drift_checks, drifts, hunts, lifetimes, maintaining, maintenances
from provisioning.errors import NotPossible

log = logging.getLogger(__name__)
Operation = Deployment.Operation


def enqueue_due_hunts() -> None:
    """Have every account looked at whose time has come."""
    for id in hunts.due():
        hunts.put_off(id)
        celery.send(celery.HUNT_GHOSTS, id)


def bring_back(*, actor: User, pipeline: Pipeline) -> Deployment:
    """Deploy anew what is gone from the cloud: a refresh first, which tells the engine so."""
    if pipeline.deployed_version_id != pipeline.current_version_id:
        raise NotPossible(
            f"{pipeline.name} was edited since it was deployed. Refresh it, and deploy it from its "
            "own page, where it says what else would change."
        )
    request_deployment(actor=actor, pipeline=pipeline, operation=Operation.REFRESH)
    return request_deployment(actor=actor, pipeline=pipeline, operation=Operation.UP)


def enqueue_due_checks() -> None:
    """Have what is due looked at for drift."""
    for pipeline in drift_checks.due():
        try:
            request_check(actor=None, pipeline=pipeline)
        except NotPossible as error:  # since a moment ago; it is due again with the next tick
            log.info("%s is not checked for drift: %s", pipeline, error)


@transaction.atomic
def request_check(*, actor: User | None, pipeline: Pipeline) -> Deployment:
    if why := drift_checks.hindrance(pipeline):
        raise NotPossible(why)
    return request_deployment(actor=actor, pipeline=pipeline, operation=Operation.CHECK)


@transaction.atomic
def restore(*, actor: User, pipeline: Pipeline, apply: bool = False) -> Deployment:
    """Put the cloud back to the definition: a refresh, which tells the engine what differs, and
    the preview of what that means, whose plan people apply; or at once with `apply`."""
    if apply:
        return bring_back(actor=actor, pipeline=pipeline)
    why = "To put back what was changed in the cloud."
    request_deployment(actor=actor, pipeline=pipeline, operation=Operation.REFRESH, message=why)
    return request_deployment(
        actor=actor, pipeline=pipeline, operation=Operation.PREVIEW, message=why
    )


def accept_drift(*, actor: User, pipeline: Pipeline, ids: Sequence[int] | None) -> Deployment:
    """Say it in the definition. The preview that follows shows what is left to deploy."""
    drifts.accept(actor=actor, pipeline=pipeline, ids=ids)
    return restore(actor=actor, pipeline=pipeline)


def enqueue_due_lifetimes() -> None:
    """Ask for the destroy of every Pipeline whose end has come."""
    for lifetime in lifetimes.due():
        try:
            _end(lifetime)
        except NotPossible as error:
            lifetimes.note_failure(lifetime, str(error))


@transaction.atomic
def _end(lifetime: Lifetime) -> None:
    if not lifetime.pipeline.may_exist_in_cloud:
        lifetimes.end_without(lifetime)
        return
    rows = Lifetime.objects.filter(pk=lifetime.pk, deployment=None)
    # Two ticks at once: the row lets one of them through.
    if rows.select_for_update().exists():
        destroy = request_deployment(
            actor=None,
            pipeline=lifetime.pipeline,
            operation=Operation.DESTROY,
            message=f"Its lifetime ended on {lifetime.ends_at:%Y-%m-%d %H:%M} UTC.",
        )
        rows.update(deployment=destroy, error="")


def request_maintenance(**asked: Any) -> Maintenance:
    """Plan one, and have it begin where its time has come; as `maintenances.plan` takes it."""
    row = maintenances.plan(**asked)
    transaction.on_commit(enqueue_due_maintenances)
    return row


def end_maintenance(*, actor: User, maintenance: Maintenance) -> Maintenance:
    row = maintenances.end(actor=actor, maintenance=maintenance)
    transaction.on_commit(enqueue_due_maintenances)
    return row


def enqueue_due_maintenances() -> None:
    """Nudge those with something to do, and whose message was not sent, or was lost."""
    for id in maintaining.due():
        rows = Maintenance.objects.filter(pk=id)
        asked = rows.filter(unsent()).update(enqueued_at=timezone.now())
        if asked and not celery.send(celery.PERFORM_MAINTENANCE, id):
            rows.update(enqueued_at=None)
