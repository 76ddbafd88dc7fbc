"""Whose turn it is: the messages that have workers look at waiting Deployments."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard import celery
from dashboard.models import Deployment

NUDGE_AGAIN = timedelta(seconds=60)
QUEUE_AWAY = "waiting for the queue: Redis does not answer"

Status = Deployment.Status


def enqueue_next(pipeline_id: int) -> None:
    """Nudge the oldest one that waits for its turn on this Pipeline."""
    for id in _turns().filter(pipeline_id=pipeline_id).values_list("pk", flat=True):
        nudge(id)


def enqueue_waiting() -> None:
    """Nudge those whose turn it is and whose message was lost, or never sent."""
    for id in _turns().filter(unsent()).values_list("pk", flat=True):
        nudge(id)


def adopt(deployment_id: int) -> None:
    """Have a worker follow an operation whose own worker died."""
    celery.send(celery.RUN_DEPLOYMENT, deployment_id)


def unsent() -> Q:
    """No message was sent, or it was so long ago that it may be lost."""
    now = timezone.now()
    old = Q(enqueued_at=None) | Q(enqueued_at__lt=now - NUDGE_AGAIN)
    return old | Q(enqueued_at__gt=now + NUDGE_AGAIN)  # the clock was put back since


def _turns() -> QuerySet[Deployment]:
    """The oldest queued one of every Pipeline on which none is running."""
    running = Deployment.objects.filter(pipeline=OuterRef("pipeline"), status=Status.RUNNING)
    older = Deployment.objects.filter(
        pipeline=OuterRef("pipeline"), status=Status.QUEUED, pk__lt=OuterRef("pk")
    )
    queued = Deployment.objects.filter(status=Status.QUEUED)
    return queued.filter(~Exists(running), ~Exists(older)).order_by("pk")


def nudge(deployment_id: int) -> None:
    rows = Deployment.objects.filter(pk=deployment_id, status=Status.QUEUED)
    if celery.send(celery.RUN_DEPLOYMENT, deployment_id):
        rows.update(enqueued_at=timezone.now())
        rows.filter(phase=QUEUE_AWAY).update(phase="")
    else:
        rows.filter(phase="").update(phase=QUEUE_AWAY)
