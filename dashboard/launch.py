"""Asking for work: the row, its audit entry, and the message once both are committed.

Everything enqueued goes through here. A message is only a nudge: what is to be done stands
in the rows, and `tick` nudges again for what was left behind.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard import audit, celery
from dashboard.access import require_admin
from dashboard.models import (
    Backfill,
    Deployment,
    EngineChoice,
    Hook,
    Lifetime,
    Maintenance,
    Pipeline,
    Start,
    User,
    Version,
)
from dashboard.services import (
    adoptions,
    approvals,
    backfills,
    drift_checks,
    drifts,
    hooks,
    hunts,
    lifetimes,
    maintaining,
    maintenances,
    pipelines,
    plans,
    repairs,
    retries,
    starts,
    upgrades,
)
from dashboard.services.deployment_log import STOPPING_AT_ONCE, stopping_words
from dashboard.services.entering import require_level
from dashboard.services.pipelines import version_in_cloud
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible

log = logging.getLogger(__name__)

NUDGE_AGAIN = timedelta(seconds=60)
SYNC_AGAIN = timedelta(seconds=60)
FARTHEST_SYNC = timedelta(hours=1)
QUEUE_AWAY = "waiting for the queue: Redis does not answer"
MOST_STARTS = 500  # at once; the next tick sends the next ones

Operation = Deployment.Operation
Status = Deployment.Status


# ── Deployments ─────────────────────────────────────────────────────────────────────


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
    transaction.on_commit(partial(_nudge, deployment.pk))
    return deployment


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
def approve(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    """Have the plan that it shows applied; it takes its turn by when it was asked for."""
    row = approvals.approve(actor=actor, deployment=deployment, comment=comment)
    transaction.on_commit(partial(enqueue_next, row.pipeline_id))
    return row


def discard(*, actor: User, deployment: Deployment, comment: str = "") -> Deployment:
    return approvals.discard(actor=actor, deployment=deployment, comment=comment)


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
def request_cancel(*, actor: User, deployment: Deployment, at_once: bool = False) -> Deployment:
    """End one that waits; ask a running one to finish the steps that run, and to stop.

    Asked again it goes on stopping. `at_once` is a step of its own, possible once the first
    was taken: it does not wait for what runs.
    """
    now = timezone.now()
    rows = Deployment.objects.filter(pk=deployment.pk)
    waiting = rows.filter(status__in=[Status.QUEUED, Status.AWAITING_APPROVAL])
    if waiting.update(status=Status.CANCELLED, finished_at=now, phase="", cancel_requested_at=now):
        transaction.on_commit(partial(enqueue_next, deployment.pipeline_id))
        audit.record(actor=actor, action="deployment.cancel", subject=deployment)
    else:
        _ask_to_stop(rows.filter(status=Status.RUNNING), actor, deployment, at_once=at_once)
    deployment.refresh_from_db()
    return deployment


def _ask_to_stop(
    running: QuerySet[Deployment], actor: User, deployment: Deployment, *, at_once: bool
) -> None:
    found = running.values_list("cancel_requested_at", flat=True)
    if not found:
        raise NotPossible("This deployment has ended already.")
    if at_once and found[0] is None:
        raise NotPossible(
            "Cancel it first, which lets it finish what is running. If that takes too long it can "
            "be stopped at once."
        )
    now = timezone.now()
    if at_once:
        asked = running.filter(kill_requested_at=None).update(
            kill_requested_at=now, phase=STOPPING_AT_ONCE
        )
    else:
        asked = running.filter(cancel_requested_at=None).update(
            cancel_requested_at=now, phase=stopping_words(deployment)
        )
    if asked:
        action = "deployment.stop_at_once" if at_once else "deployment.cancel"
        audit.record(actor=actor, action=action, subject=deployment)


def enqueue_next(pipeline_id: int) -> None:
    """Nudge the oldest one that waits for its turn on this Pipeline."""
    for id in _turns().filter(pipeline_id=pipeline_id).values_list("pk", flat=True):
        _nudge(id)


def enqueue_waiting() -> None:
    """Nudge those whose turn it is and whose message was lost, or never sent."""
    now = timezone.now()
    old = Q(enqueued_at=None) | Q(enqueued_at__lt=now - NUDGE_AGAIN)
    old |= Q(enqueued_at__gt=now + NUDGE_AGAIN)  # the clock was put back since
    for id in _turns().filter(old).values_list("pk", flat=True):
        _nudge(id)


def adopt(deployment_id: int) -> None:
    """Have a worker follow an operation whose own worker died."""
    celery.send(celery.RUN_DEPLOYMENT, deployment_id)


def _version(pipeline: Pipeline, operation: str) -> Version:
    """What is in the cloud for refresh and destroy, what was saved last for the others."""
    if operation in (Operation.PREVIEW, Operation.UP):
        assert pipeline.current_version is not None  # made together with the row
        return pipeline.current_version
    version = version_in_cloud(pipeline)
    if version is None:
        raise NotPossible(f"Nothing of {pipeline.name} is in the cloud.")
    return version


def _turns() -> QuerySet[Deployment]:
    """The oldest queued one of every Pipeline on which none is running."""
    running = Deployment.objects.filter(pipeline=OuterRef("pipeline"), status=Status.RUNNING)
    older = Deployment.objects.filter(
        pipeline=OuterRef("pipeline"), status=Status.QUEUED, pk__lt=OuterRef("pk")
    )
    queued = Deployment.objects.filter(status=Status.QUEUED)
    return queued.filter(~Exists(running), ~Exists(older)).order_by("pk")


def _nudge(deployment_id: int) -> None:
    rows = Deployment.objects.filter(pk=deployment_id, status=Status.QUEUED)
    if celery.send(celery.RUN_DEPLOYMENT, deployment_id):
        rows.update(enqueued_at=timezone.now())
        rows.filter(phase=QUEUE_AWAY).update(phase="")
    else:
        rows.filter(phase="").update(phase=QUEUE_AWAY)


# ── History ─────────────────────────────────────────────────────────────────────────


def request_sync(pipeline: Pipeline | int) -> None:
    """Pull this Pipeline's history soon."""
    id = pipeline if isinstance(pipeline, int) else pipeline.pk
    Pipeline.objects.filter(pk=id, archived_at=None).update(sync_due_at=timezone.now())
    transaction.on_commit(partial(celery.send, celery.SYNC_HISTORY, id))


def enqueue_due_syncs() -> None:
    """Ask for the history of every Pipeline that is due."""
    now = timezone.now()
    # Farther ahead than it is ever put: the clock was put back since.
    when = Q(sync_due_at__lte=now) | Q(sync_due_at__gt=now + FARTHEST_SYNC)
    due = Pipeline.objects.filter(when, archived_at=None)
    for id in due.order_by("sync_due_at").values_list("pk", flat=True):
        # Put off first, so that ticks do not pile up messages for a slow cloud.
        if due.filter(pk=id).update(sync_due_at=now + SYNC_AGAIN):
            celery.send(celery.SYNC_HISTORY, id)


# ── Starts that Skyclock owes ───────────────────────────────────────────────────────


def call_hook(hook: Hook, message: hooks.Message, parameters: Mapping[str, str]) -> Start:
    """Owe what a webhook's recognised message asks for, once, and have it started."""
    start = hooks.accept(hook, message, parameters)
    transaction.on_commit(enqueue_due_starts)
    return start


def retry_start(*, actor: User, start: Start) -> Start:
    """Owe a refused one again, and have it started."""
    start = starts.retry(actor=actor, start=start)
    transaction.on_commit(enqueue_due_starts)
    return start


def enqueue_due_starts() -> None:
    """Nudge those whose time has come, and whose message was not sent, or was lost."""
    now = timezone.now()
    old = Q(enqueued_at=None) | Q(enqueued_at__lt=now - NUDGE_AGAIN)
    old |= Q(enqueued_at__gt=now + NUDGE_AGAIN)  # the clock was put back since
    waiting = starts.due().filter(old)
    for id in waiting.order_by("next_attempt_at").values_list("pk", flat=True)[:MOST_STARTS]:
        # Noted first, so that two who do this at once send one message.
        if waiting.filter(pk=id).update(enqueued_at=now) and not celery.send(
            celery.PERFORM_START, id
        ):
            Start.objects.filter(pk=id).update(enqueued_at=None)
            return


def request_backfill(**asked: Any) -> Backfill:
    """Have what was missed started, the first of it now; as `backfills.request` takes it."""
    row = backfills.request(**asked)
    transaction.on_commit(_release_backfills)
    return row


def _release_backfills() -> None:
    backfills.release_due()
    enqueue_due_starts()


# ── Ghosts ──────────────────────────────────────────────────────────────────────────


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


# ── Drift and lifetime ──────────────────────────────────────────────────────────────


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


# ── Maintenance ─────────────────────────────────────────────────────────────────────


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
    now = timezone.now()
    old = Q(enqueued_at=None) | Q(enqueued_at__lt=now - NUDGE_AGAIN)
    old |= Q(enqueued_at__gt=now + NUDGE_AGAIN)  # the clock was put back since
    for id in maintaining.due():
        rows = Maintenance.objects.filter(pk=id)
        asked = rows.filter(old).update(enqueued_at=now)
        if asked and not celery.send(celery.PERFORM_MAINTENANCE, id):
            rows.update(enqueued_at=None)


# ── The engine ──────────────────────────────────────────────────────────────────────


def prepare_engine() -> None:
    celery.send(celery.PREPARE_ENGINE)


def look_for_engine(*, actor: User) -> None:
    """Have the vendor asked for a newer one."""
    require_admin(actor)
    if not celery.send(celery.LOOK_FOR_ENGINE):
        raise NotPossible("The queue does not answer, so nobody could be sent to look.")


def use_engine(*, actor: User, version: str) -> EngineChoice:
    """Have another version prepared, tried, and used from then on."""
    choice = upgrades.ask_for(actor=actor, version=version)
    celery.send(celery.TRY_ENGINE)  # lost, it is sent again when a worker starts
    return choice


def try_engine_again() -> None:
    """Where a worker died while it tried one."""
    if EngineChoice.objects.exclude(trying="").exists():
        celery.send(celery.TRY_ENGINE)
