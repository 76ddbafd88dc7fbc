"""Pulling the history of a Pipeline's runs out of its cloud.

A pull reads the pages since the oldest run that had not ended, with an overlap, and saves
runs by their cloud id, so that a pull may be repeated, or cut off, at any time. Runs that
are new, going on, or just ended are then looked at one by one, with their steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.models import Pipeline
from dashboard.services import clock, following, run_rows, triggers, turns
from dashboard.services.entering import Entered, enter
from dashboard.services.ledger import keeping, promises
from dashboard.services.ledger.deciding import View
from dashboard.services.pipelines import spec_in_cloud
from provisioning.blueprints.base import RunReader
from provisioning.contracts import Level
from provisioning.errors import CloudAway, NotPossible, SkyclockError

OVERLAP = timedelta(minutes=5)
LEASE = timedelta(seconds=120)
WAIT_SECONDS = 60.0
VERIFY_EVERY = timedelta(seconds=60)
FOLLOW_EVERY = timedelta(minutes=5)
WATCHED_SINCE = timedelta(days=30)  # how far back the history of a watched one is read at first
MOST_LOOKS = 200  # at single runs per pull; the rest is looked at by the next ones
LONGEST_LOOK = 60.0  # seconds, where all runs are to be looked at

WHILE_RUNNING = timedelta(seconds=5)
SANDBOX_PAUSE = timedelta(seconds=30)
PAUSE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=15)


def sync(pipeline: Pipeline, *, verify: bool = False, whole: bool = False) -> None:
    """Pull now; returns when done. `verify`: read the triggers back, however fresh they are.
    `whole`: look at all runs that are new, as far as a minute suffices, and not at some.

    Waits for another pull of the same Pipeline to end. Raises what the cloud says, after
    noting it on the Pipeline.
    """
    with _alone(pipeline.pk):
        _pull(pipeline.pk, verify=verify, whole=whole)
    pipeline.refresh_from_db()


def sync_if_free(pipeline_id: int) -> None:
    """Pull, unless somebody does already."""
    if _take(pipeline_id):
        try:
            _pull(pipeline_id, verify=False)
        finally:
            _release(pipeline_id)


# ── One at a time ───────────────────────────────────────────────────────────────────


@contextmanager
def _alone(pipeline_id: int) -> Iterator[None]:
    deadline = time.monotonic() + WAIT_SECONDS
    while not _take(pipeline_id):
        if time.monotonic() > deadline:
            raise CloudAway("Another pull of this history does not come to an end. Try again.")
        time.sleep(0.1)
    try:
        yield
    finally:
        _release(pipeline_id)


def _take(pipeline_id: int) -> bool:
    now = timezone.now()
    free = turns.free(LEASE, field="sync_lease_until")
    return bool(Pipeline.objects.filter(free, pk=pipeline_id).update(sync_lease_until=now + LEASE))


def _release(pipeline_id: int) -> None:
    Pipeline.objects.filter(pk=pipeline_id).update(sync_lease_until=None)


# ── Pulling ─────────────────────────────────────────────────────────────────────────


def _pull(pipeline_id: int, *, verify: bool, whole: bool = False) -> None:
    pipeline = Pipeline.objects.select_related("connection", "deployed_version").get(pk=pipeline_id)
    if not pipeline.may_exist_in_cloud or pipeline.archived_at:
        Pipeline.objects.filter(pk=pipeline_id).update(sync_due_at=None, sync_error="")
        return
    try:
        entered = enter(pipeline, Level.OBSERVE)
        clock.note(pipeline.connection, entered.session)
        begun = entered.session.now()
        if not pipeline.managed:
            entered = _followed(pipeline, entered, anyway=verify)
        since = _read(pipeline, entered, whole=whole)
        verifying = Verifying(pipeline, entered)
        if verify or _verification_is_due(pipeline):
            verifying.once()
        kept = _keep_ledger(pipeline, entered, begun, since, verifying)
    except SkyclockError as error:
        _note_failure(pipeline, error)
        raise
    _note_success(pipeline, begun, whole=kept)


def _followed(pipeline: Pipeline, entered: Entered, *, anyway: bool) -> Entered:
    """Of a watched one, what starts its runs has to be known before they are read."""
    if anyway or _verification_is_due(pipeline):
        following.follow(pipeline, entered.session)
    return replace(entered, spec=spec_in_cloud(pipeline))


class Verifying:
    """Reads the triggers back when that is asked for first."""

    def __init__(self, pipeline: Pipeline, entered: Entered) -> None:
        self._pipeline = pipeline
        self._entered = entered
        self._done = False

    def once(self) -> None:
        if not self._done:
            triggers.verify_entered(self._pipeline, self._entered)
            self._done = True


def _keep_ledger(
    pipeline: Pipeline,
    entered: Entered,
    begun: datetime,
    since: datetime | None,
    verifying: Verifying,
) -> bool:
    if not pipeline.gone_at:
        promises.mend(pipeline, begun)
    kept = entered.reader().kept
    view = View(
        as_of=begun,
        seen_until=pipeline.history_until,
        kept_since=begun - kept if kept else None,
        unread=run_rows.origins_not_read(pipeline),
    )
    return keeping.keep(pipeline, view, since=since, entered=entered, verify=verifying.once)


def _read(pipeline: Pipeline, entered: Entered, *, whole: bool) -> datetime | None:
    """Returns since when runs were read that may be new, or have changed."""
    reader = entered.reader()
    begin = run_rows.watermark(pipeline)
    since = begin - OVERLAP if begin else _first(pipeline, entered)
    page = reader.runs(since=since)
    run_rows.save_page(pipeline, page.runs)
    while page.cursor:
        _renew(pipeline.pk)
        page = reader.runs(since=since, cursor=page.cursor)
        run_rows.save_page(pipeline, page.runs)
    _look(pipeline, entered, reader, whole=whole)
    run_rows.save_recent(pipeline)
    return since


def _first(pipeline: Pipeline, entered: Entered) -> datetime | None:
    """An own one has no history before it was deployed; a watched one may have years of it."""
    return None if pipeline.managed else entered.session.now() - WATCHED_SINCE


def _look(pipeline: Pipeline, entered: Entered, reader: RunReader, *, whole: bool) -> None:
    """At runs that are new or going on, the newest first; each once."""
    seen: set[int] = set()
    deadline = time.monotonic() + LONGEST_LOOK
    coming = run_rows.to_look_at(pipeline, limit=MOST_LOOKS)
    while coming:
        for run in coming:
            _renew(pipeline.pk)
            run_rows.look(pipeline, run, reader, now=entered.session.now)
            seen.add(run.pk)
        if not whole or time.monotonic() > deadline:
            return
        more = run_rows.to_look_at(pipeline, limit=MOST_LOOKS + len(seen))
        coming = [run for run in more if run.pk not in seen][:MOST_LOOKS]


def _renew(pipeline_id: int) -> None:
    Pipeline.objects.filter(pk=pipeline_id).update(sync_lease_until=timezone.now() + LEASE)


def _verification_is_due(pipeline: Pipeline) -> bool:
    """A look at a watched one lists all that starts anything in the account: less often."""
    calm = not pipeline.managed and not pipeline.connection.sandbox
    every = FOLLOW_EVERY if calm else VERIFY_EVERY
    return pipeline.verified_at is None or timezone.now() - pipeline.verified_at > every


# ── When the next one is due ────────────────────────────────────────────────────────


def _note_success(pipeline: Pipeline, begun: datetime, *, whole: bool) -> None:
    now = timezone.now()
    calm = SANDBOX_PAUSE if pipeline.connection.sandbox else PAUSE
    busy = not whole or run_rows.to_look_at(pipeline, limit=1)
    Pipeline.objects.filter(pk=pipeline.pk).update(
        synced_at=now,
        history_until=begun,
        sync_due_at=now + (LONGEST_PAUSE if pipeline.gone_at else WHILE_RUNNING if busy else calm),
        sync_error="",
        sync_failures=0,
    )


def _note_failure(pipeline: Pipeline, error: SkyclockError) -> None:
    failures = pipeline.sync_failures + 1
    pause = turns.pause(failures, first=SANDBOX_PAUSE, longest=LONGEST_PAUSE)
    if isinstance(error, NotPossible):
        pause = LONGEST_PAUSE  # a disabled Connection: only a person changes that
    # What is due meanwhile is in the ledger all the same, and unknown once it is overdue.
    keeping.write_due(pipeline, pipeline.connection.now(timezone.now()))
    Pipeline.objects.filter(pk=pipeline.pk).update(
        sync_error=str(error), sync_failures=failures, sync_due_at=timezone.now() + pause
    )
