"""Performing Maintenances: pausing what was on, and restoring exactly that.

`perform` may be called twice, by two workers, at any time, and be cut off anywhere: what was on
is written before the first trigger is touched, each step may be repeated, and the row of each
trigger says how far it came.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.models import Maintenance, MaintenanceTrigger, Trigger, User
from dashboard.services import own_triggers, triggers, turns
from dashboard.services.maintenances import covered
from dashboard.services.pipelines import version_in_cloud
from provisioning.errors import SkyclockError

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BUDGET_SECONDS = 120.0  # of one call; the next one goes on
SETTLE_SECONDS = 0.2
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)

State = Maintenance.State
Rows = QuerySet[MaintenanceTrigger]


def due() -> list[int]:
    """Those with something to do now, by their Connections' clocks."""
    real = timezone.now()
    rows = Maintenance.objects.filter(state__in=Maintenance.OPEN)
    rows = rows.filter(turns.has_come(LONGEST_PAUSE), turns.free(LEASE))
    return [row.pk for row in rows.select_related("clock") if _has_work(row, row.now(real))]


def perform(maintenance_id: int) -> None:
    """Bring it as far as it can be brought now."""
    rows = Maintenance.objects.filter(pk=maintenance_id)
    open_one = rows.filter(turns.free(LEASE), state__in=Maintenance.OPEN)
    if not open_one.update(lease_until=timezone.now() + LEASE):
        return
    failed = True
    try:
        failed = _advance(maintenance_id, time.monotonic() + BUDGET_SECONDS)
    finally:
        rows.update(lease_until=None, enqueued_at=None)
        _put_off(maintenance_id, failed=failed)


def moments(after: datetime, before: datetime) -> list[datetime]:
    """When Maintenances of simulated clouds begin and end, between these times of their clock."""
    rows = Maintenance.objects.filter(clock__sandbox=True, state__in=Maintenance.OPEN)
    times = {at for row in rows for at in (row.since, row.until) if at}
    return sorted(at for at in times if after < at < before)


def settle() -> None:
    """Perform what is due now, or wait for a worker who is at it: before the sandbox's clock is
    put farther ahead. What fails is left for later."""
    deadline = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < deadline:
        if ids := due():
            for id in ids:
                perform(id)
        elif Maintenance.objects.filter(lease_until__gt=timezone.now()).exists():
            time.sleep(SETTLE_SECONDS)
        else:
            return


def _has_work(row: Maintenance, now: datetime) -> bool:
    if row.state == State.PLANNED:
        return now >= row.since
    if row.state == State.ACTIVE:
        return _is_over(row, now)
    return True


def _is_over(row: Maintenance, now: datetime) -> bool:
    return row.end_asked_at is not None or (row.until is not None and now >= row.until)


def _put_off(maintenance_id: int, *, failed: bool) -> None:
    rows = Maintenance.objects.filter(pk=maintenance_id, state__in=Maintenance.OPEN)
    row = rows.first()
    if row is None:
        return
    failures, pause = 0, timedelta(0)
    if failed:
        failures = row.failures + 1
        pause = turns.pause(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    rows.update(failures=failures, next_attempt_at=timezone.now() + pause)


# ── From state to state ─────────────────────────────────────────────────────────────


def _advance(maintenance_id: int, deadline: float) -> bool:
    """Whether something failed that is to be tried again."""
    row = _fresh(maintenance_id)
    now = row.now(timezone.now())
    if row.state == State.PLANNED and now >= row.since:
        _begin(row, now)
        row = _fresh(maintenance_id)
    failed = False
    if row.state == State.PAUSING:
        failed = not _each(row, _to_pause(row), _pause, deadline)
        if not _to_pause(row).exists():
            _move(row, State.PAUSING, State.ACTIVE)
        row = _fresh(maintenance_id)
    if row.state in Maintenance.HOLDING and _is_over(row, row.now(timezone.now())):
        _move(row, row.state, State.RESTORING)
        row = _fresh(maintenance_id)
    if row.state == State.RESTORING:
        failed = not _each(row, _to_restore(row), _restore, deadline)
        if not _to_restore(row).exists():
            _move(row, State.RESTORING, State.ENDED, ended_at=timezone.now(), next_attempt_at=None)
    return failed


def _fresh(maintenance_id: int) -> Maintenance:
    rows = Maintenance.objects.select_related("clock", "connection", "asked_by", "end_asked_by")
    return rows.get(pk=maintenance_id)


def _move(row: Maintenance, before: str, after: str, **more: object) -> None:
    Maintenance.objects.filter(pk=row.pk, state=before).update(state=after, failures=0, **more)
    log.info("%s: %s", row, after)


@transaction.atomic
def _begin(row: Maintenance, now: datetime) -> None:
    """Write down what is on, before anything is switched off."""
    rows = Maintenance.objects.filter(pk=row.pk, state=State.PLANNED)
    if row.until is not None and now >= row.until:
        note = "Its time passed before Skyclock could begin it: nothing was paused."
        rows.update(state=State.CANCELLED, ended_at=timezone.now(), next_attempt_at=None, note=note)
        return
    if not rows.update(state=State.PAUSING):
        return
    for pipeline in covered(row):
        for trigger in pipeline.triggers.filter(removed_at=None).select_for_update():
            MaintenanceTrigger.objects.get_or_create(
                maintenance=row,
                trigger=trigger,
                defaults={
                    "was_paused": trigger.paused,
                    "was_running": trigger.state != Trigger.State.PAUSED,
                    "outcome": "Paused before: it stays so." if trigger.paused else "",
                },
            )


def _to_pause(row: Maintenance) -> Rows:
    return row.triggers.filter(was_paused=False, paused_at=None, handed_over_at=None)


def _to_restore(row: Maintenance) -> Rows:
    return row.triggers.filter(restored_at=None)


Step = Callable[[Maintenance, MaintenanceTrigger], str]


def _each(row: Maintenance, rows: Rows, step: Step, deadline: float) -> bool:
    """Try all before anything is given up for now; whether all went well."""
    fine = True
    for each in rows.select_related("trigger__pipeline__connection", "handed_over_to"):
        if time.monotonic() > deadline:
            return fine
        Maintenance.objects.filter(pk=row.pk).update(lease_until=timezone.now() + LEASE)
        at = "paused_at" if step is _pause else "restored_at"
        mine = MaintenanceTrigger.objects.filter(pk=each.pk)
        try:
            outcome = step(row, each)
        except SkyclockError as error:
            mine.update(error=str(error))
            fine = False
        else:
            moment = row.now(timezone.now())
            mine.update(**{at: moment}, outcome=outcome, error="")
    return fine


# ── One trigger ─────────────────────────────────────────────────────────────────────


def _pause(row: Maintenance, each: MaintenanceTrigger) -> str:
    trigger = each.trigger
    if trigger.removed_at:
        return "Removed meanwhile."
    if not _is_in_cloud(trigger):
        _wish(trigger, paused=True)
        return "Paused." if trigger.own else "Not in the cloud: a deployment leaves it off."
    triggers.switch(actor=row.asked_by, trigger=trigger, paused=True)
    return "Paused."


def _restore(row: Maintenance, each: MaintenanceTrigger) -> str:
    trigger = each.trigger
    if trigger.removed_at:
        return "Removed meanwhile."
    if each.was_paused:
        return "Paused before: it stays so."
    if each.handed_over_at:
        return f"{each.handed_over_to or 'Somebody'} changed it meanwhile: it stays as it is."
    if other := _held_by_another(row, each):
        return f"It stays paused for {other}."
    if not _is_in_cloud(trigger) or not each.was_running:
        _wish(trigger, paused=False)
        return "Resumed." if each.was_running else "It was stopped in the cloud before: so it is."
    actor: User | None = row.end_asked_by or row.asked_by
    triggers.switch(actor=actor, trigger=trigger, paused=False)
    return "Resumed."


def _is_in_cloud(trigger: Trigger) -> bool:
    """Whether there is something to be switched there."""
    version = None if trigger.own else version_in_cloud(trigger.pipeline)
    deployed = version is not None and trigger.key in {each["key"] for each in version.triggers}
    return deployed and trigger.state != Trigger.State.MISSING


@transaction.atomic
def _wish(trigger: Trigger, *, paused: bool) -> None:
    """Skyclock's own trigger follows at once, one that is not in the cloud with a deployment."""
    Trigger.objects.filter(pk=trigger.pk).update(paused=paused)
    if trigger.own:
        own_triggers.refresh(trigger.pipeline)


@transaction.atomic
def _held_by_another(row: Maintenance, each: MaintenanceTrigger) -> Maintenance | None:
    """Another Maintenance that found it paused by this one restores it in its place."""
    others = MaintenanceTrigger.objects.select_for_update().filter(
        trigger=each.trigger, maintenance__state__in=Maintenance.HOLDING, handed_over_at=None
    )
    heir = others.exclude(maintenance=row).select_related("maintenance").order_by("pk").first()
    if heir is None:
        return None
    MaintenanceTrigger.objects.filter(pk=heir.pk).update(
        was_paused=False, was_running=each.was_running, paused_at=each.paused_at, outcome="Paused."
    )
    return heir.maintenance
