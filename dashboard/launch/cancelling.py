"""Asking a Deployment to stop, in two steps."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import audit, live
from dashboard.launch.turns import enqueue_next
from dashboard.models import Deployment, User
from dashboard.services.deployment_log import STOPPING_AT_ONCE, stopping_words
from provisioning.errors import NotPossible

Status = Deployment.Status


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
    transaction.on_commit(partial(_tell, deployment))
    return deployment


def _tell(deployment: Deployment) -> None:
    """Whoever else looks at its page sees it at once."""
    live.publish(deployment.pk, last=deployment.last_line, status=deployment.status)


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
