"""Having runs started that Skyclock owes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard import celery
from dashboard.launch.turns import unsent
from dashboard.models import Backfill, Hook, Start, User
from dashboard.services import backfills, hooks, starts

MOST_STARTS = 500  # at once; the next tick sends the next ones


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
    waiting = starts.due().filter(unsent())
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
