"""Maintenance: asked for, ended and given up by people. `maintaining` does what they ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_member
from dashboard.models import Connection, Maintenance, Pipeline, User
from dashboard.services.entering import require_level
from dashboard.services.managing import require_managed
from provisioning.contracts import Level
from provisioning.errors import InvalidInput, NotPossible, Problem

State = Maintenance.State
LONGEST = timedelta(days=366)


@transaction.atomic
def plan(
    *,
    actor: User,
    reason: str,
    connection: Connection | None = None,
    pipelines: Sequence[Pipeline] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Maintenance:
    """Of all of a Connection, or of these Pipelines; from now on, where no `since` is given.
    Nothing in the cloud changes yet: `launch` has it performed."""
    require_member(actor)
    clock = _clock(connection, pipelines)
    now = clock.now(timezone.now())
    begin = max(since or now, now)
    if problems := _problems(reason, begin, until):
        raise InvalidInput(problems)
    for pipeline in pipelines:
        require_managed(pipeline)
    for each in {row.connection for row in pipelines} | ({connection} if connection else set()):
        require_level(each, Level.RUN)
    row = Maintenance.objects.create(
        connection=connection,
        clock=clock,
        reason=reason.strip(),
        since=begin,
        until=until,
        asked_by=actor,
    )
    row.pipelines.set(pipelines)
    detail = {"reason": row.reason, "since": begin.isoformat(), "of": scope(row)}
    audit.record(actor=actor, action="maintenance.plan", subject=row, detail=detail)
    return row


def scope(maintenance: Maintenance) -> str:
    """ "Sandbox AWS", or the names of the Pipelines."""
    if maintenance.connection:
        return f"all of {maintenance.connection.name}"
    return ", ".join(maintenance.pipelines.order_by("name").values_list("name", flat=True))


def covered(maintenance: Maintenance) -> list[Pipeline]:
    """Its Pipelines as they are now."""
    rows = Pipeline.objects.filter(archived_at=None, managed=True).select_related("connection")
    if maintenance.connection_id:
        return list(rows.filter(connection=maintenance.connection_id).order_by("name"))
    return list(rows.filter(maintenances=maintenance).order_by("name"))


@transaction.atomic
def end(*, actor: User, maintenance: Maintenance) -> Maintenance:
    """Restore now; one that has not begun is cancelled."""
    require_member(actor)
    now = timezone.now()
    rows = Maintenance.objects.filter(pk=maintenance.pk)
    asked = {"end_asked_at": now, "end_asked_by": actor, "next_attempt_at": now}
    if rows.filter(state=State.PLANNED).update(state=State.CANCELLED, ended_at=now, **asked):
        note = "Cancelled before it began."
        rows.update(next_attempt_at=None, note=note)
    elif not rows.filter(state__in=Maintenance.HOLDING, end_asked_at=None).update(**asked):
        raise NotPossible("This maintenance is being ended already, or has ended.")
    audit.record(actor=actor, action="maintenance.end", subject=maintenance)
    maintenance.refresh_from_db()
    return maintenance


@transaction.atomic
def give_up(*, actor: User, maintenance: Maintenance) -> Maintenance:
    """End one whose restoring meets an error that does not pass; what is left stays paused."""
    require_member(actor)
    left = maintenance.triggers.filter(restored_at=None)
    if maintenance.state != State.RESTORING or not left.exclude(error="").exists():
        raise NotPossible("Nothing keeps this maintenance from ending.")
    names = [str(row.trigger) for row in left.select_related("trigger")]
    left.update(outcome="Given up: it stays paused until somebody resumes it.")
    Maintenance.objects.filter(pk=maintenance.pk, state=State.RESTORING).update(
        state=State.ENDED,
        ended_at=timezone.now(),
        next_attempt_at=None,
        note=f"Given up: {len(names)} triggers were left paused.",
    )
    detail = {"left": names}
    audit.record(actor=actor, action="maintenance.give_up", subject=maintenance, detail=detail)
    maintenance.refresh_from_db()
    return maintenance


def _clock(connection: Connection | None, pipelines: Sequence[Pipeline]) -> Connection:
    if connection is not None and pipelines:
        raise InvalidInput.at("pipelines", "Choose a connection or pipelines, not both.")
    connections = [connection] if connection else [row.connection for row in pipelines]
    if not connections:
        raise InvalidInput.at("pipelines", "Choose a connection, or at least one pipeline.")
    if len({each.sandbox for each in connections}) > 1:
        message = "The sandbox has a clock of its own: real and simulated pipelines do not mix."
        raise InvalidInput.at("pipelines", message)
    return connections[0]


def _problems(reason: str, begin: datetime, until: datetime | None) -> list[Problem]:
    found = []
    if not reason.strip():
        found.append(Problem("reason", "Say why: others will wonder.", "required"))
    elif len(reason.strip()) > 200:
        found.append(Problem("reason", "At most 200 characters."))
    if until is not None and until <= begin:
        found.append(Problem("until", "The end has to be after the start."))
    elif until is not None and until - begin > LONGEST:
        found.append(Problem("until", "A maintenance lasts a year at most."))
    return found
