"""Having the clouds' histories pulled."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard import celery
from dashboard.models import Pipeline

SYNC_AGAIN = timedelta(seconds=60)
FARTHEST_SYNC = timedelta(hours=1)


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
