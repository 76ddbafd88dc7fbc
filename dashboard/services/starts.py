"""Performing Starts: the runs that Skyclock owes.

`perform` may be called twice, by two workers, at any time: the claim lets one through. A
worker that dies leaves a row that waits, and the next attempt has the same token, so that the
cloud does not start twice.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.models import Start, User
from dashboard.services import run_rows, runs, turns
from dashboard.services.entering import enter, require_level
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible, SkyclockError

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than an SDK tries
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)

State = Start.State
BACKFILL = run_rows.BACKFILL


def perform(start_id: int) -> None:
    """Start the run that is owed, unless somebody does already or did."""
    if not _claim(start_id):
        return
    start = Start.objects.select_related("trigger", "pipeline__connection").get(pk=start_id)
    try:
        _perform(start)
    except SkyclockError as error:
        _note_failure(start, _words(error), permanent=error.permanent)
    except Exception as fault:  # the outermost edge: a fault must leave its reason, too
        words = f"Skyclock itself failed: {type(fault).__name__}"
        _note_failure(start, words, permanent=False)
        raise


@transaction.atomic
def retry(*, actor: User, start: Start) -> Start:
    """Owe a refused one again: what was in its way may have been put right.

    Its token stays, so that a run which the cloud made of it after all is found, not doubled.
    """
    _require_wanted(start)
    require_level(start.pipeline.connection, Level.RUN)
    if not owe_again(start):
        raise NotPossible("Only a start that was refused can be retried.")
    detail = {"pipeline": start.pipeline.name, "cause": start.cause}
    audit.record(actor=actor, action="start.retry", subject=start, detail=detail)
    start.refresh_from_db()
    return start


def owe_again(start: Start) -> bool:
    """False where it was not refused."""
    now = timezone.now()
    refused = Start.objects.filter(pk=start.pk, state=State.REFUSED)
    return bool(
        refused.update(
            state=State.WAITING,
            attempts=0,
            next_attempt_at=now,
            enqueued_at=None,
            retried_at=now,
            ended_at=None,
        )
    )


def due() -> QuerySet[Start]:
    """Those whose time has come, and which nobody is at."""
    rows = Start.objects.filter(state=State.WAITING)
    return rows.filter(turns.has_come(LONGEST_PAUSE), turns.free(LEASE))


def _claim(start_id: int) -> bool:
    lease = timezone.now() + LEASE
    return bool(due().filter(pk=start_id).update(lease_until=lease, attempts=F("attempts") + 1))


def _perform(start: Start) -> None:
    _require_wanted(start)
    entered = enter(start.pipeline, Level.RUN)
    cloud_id = entered.controls().start(start.parameters, token=start.token)
    record = runs.accepted(entered, cloud_id, start.parameters)
    with transaction.atomic():
        run = run_rows.save_one(
            start.pipeline,
            record,
            **_origin(start),
        )
        _end(start, state=State.STARTED, run=run, error="")
    # Not looked at one by one: of a burst, the next pull reads all.
    runs.pull_soon(start.pipeline)


def _origin(start: Start) -> dict[str, Any]:
    """A Backfill's is none of the trigger's own firings: the ledger would take it for an extra."""
    if start.key.startswith(BACKFILL):
        return {"trigger": None, "trigger_kind": BACKFILL, "cause": start.cause}
    return {"trigger": start.trigger, "trigger_kind": start.trigger.kind, "cause": start.cause}


def _require_wanted(start: Start) -> None:
    """What held when it was owed may hold no more."""
    if start.pipeline.archived_at:
        raise NotPossible("The pipeline was deleted before this could be started.")
    if start.key.startswith(BACKFILL):
        return  # asked for by a person, whatever became of the schedule since
    if start.trigger.removed_at:
        raise NotPossible("The trigger was removed before this could be started.")
    if start.trigger.paused:
        raise NotPossible("The trigger was paused before this could be started.")


def _note_failure(start: Start, words: str, *, permanent: bool) -> None:
    if permanent:
        _end(start, state=State.REFUSED, error=words)
        return
    now = timezone.now()
    if now - (start.retried_at or start.requested_at) > GIVE_UP_AFTER:
        _end(start, state=State.REFUSED, error=f"Given up after {start.attempts} attempts: {words}")
        return
    pause = turns.pause(start.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    _rows(start).update(
        error=words, next_attempt_at=now + pause, lease_until=None, enqueued_at=None
    )


def _end(start: Start, **values: object) -> None:
    _rows(start).update(**values, ended_at=timezone.now(), next_attempt_at=None, lease_until=None)
    log.info("%s of %s: %s", start, start.pipeline, values.get("error") or "started")


def _rows(start: Start) -> QuerySet[Start]:
    return Start.objects.filter(pk=start.pk, state=State.WAITING)


def _words(error: SkyclockError) -> str:
    if isinstance(error, InvalidInput):
        return "; ".join(f"{one.field}: {one.message}" for one in error.problems)
    return str(error)
