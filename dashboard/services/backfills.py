"""Backfill: chosen Occurrences that were missed, started after the fact at a limited rate.

Each has one Start, which is unique by its Occurrence and keeps its token, so that nothing is
started twice however often this is asked for, or cut off. What is released is performed as any
other Start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_member
from dashboard.models import Backfill, BackfillItem, Occurrence, Pipeline, Run, Start, User
from dashboard.services import maintenance_rows, starts
from dashboard.services.entering import enter, require_level
from dashboard.services.managing import require_managed
from provisioning.contracts import Level, ParameterSpec
from provisioning.errors import InvalidInput, NotPossible, Problem

MOST = 500  # of one Backfill
MOST_PER_MINUTE, MOST_AT_ONCE = 60, 50
MINUTE = timedelta(minutes=1)

State = Backfill.State
Item = BackfillItem.State
Status = Occurrence.Status


def missing(
    pipeline: Pipeline, since: datetime, until: datetime, *, unknown: bool = False
) -> QuerySet[Occurrence]:
    """What was due then and missed, in order; with `unknown` also what could not be looked at.
    Without what a Backfill has started, or is going to."""
    now = pipeline.connection.now(timezone.now())
    wanted = Q(status=Status.MISSED)
    if unknown:
        wanted |= Q(status=Status.UNKNOWN) | Q(status=Status.DUE, deadline__lt=now)
    taken = BackfillItem.objects.exclude(state=Item.CANCELLED).values("occurrence")
    rows = pipeline.occurrences.filter(wanted, due__gte=since, due__lt=until, run=None)
    return rows.exclude(pk__in=taken).select_related("trigger").order_by("due", "id")


def parameters(pipeline: Pipeline) -> tuple[tuple[ParameterSpec, ...], str]:
    """What a run takes, and which of it the definition means for the logical date, if any."""
    require_managed(pipeline)
    entered = enter(pipeline, Level.RUN)
    meant = entered.blueprint.logical_date_parameter(entered.spec)
    return entered.controls().parameters(), meant


@transaction.atomic
def request(
    *,
    actor: User,
    pipeline: Pipeline,
    occurrences: Sequence[Occurrence],
    per_minute: int = 6,
    at_once: int = 1,
    date_parameter: str = "",
    date_form: str = Backfill.DateForm.INSTANT,
    parameters: Mapping[str, str] | None = None,
    note: str = "",
) -> Backfill:
    """Have these started, the earliest first."""
    require_member(actor)
    require_managed(pipeline)
    require_level(pipeline.connection, Level.RUN)
    if pipeline.archived_at or not pipeline.deployed_version_id:
        raise NotPossible(f"{pipeline.name} is not deployed. Deploy it first.")
    found = _problems(pipeline, occurrences, per_minute, at_once, date_form)
    found += _of_parameters(pipeline, date_parameter.strip(), parameters or {})
    if found:
        raise InvalidInput(found)
    row = Backfill.objects.create(
        pipeline=pipeline,
        note=note.strip()[:200],
        date_parameter=date_parameter.strip(),
        date_form=date_form,
        parameters=dict(parameters or {}),
        per_minute=per_minute,
        at_once=at_once,
        asked_by=actor,
    )
    items = [BackfillItem(backfill=row, occurrence=each) for each in occurrences]
    try:
        with transaction.atomic():
            BackfillItem.objects.bulk_create(items)
    except IntegrityError as error:
        raise NotPossible("Some of these are in another backfill already.") from error
    detail = {"pipeline": pipeline.name, "starts": len(items), "note": row.note}
    audit.record(actor=actor, action="backfill.request", subject=row, detail=detail)
    return row


@transaction.atomic
def stop(*, actor: User, backfill: Backfill) -> Backfill:
    """Start no more of it; what is started goes on."""
    require_member(actor)
    rows = Backfill.objects.filter(pk=backfill.pk, state=State.RUNNING)
    if not rows.update(state=State.STOPPED, ended_at=timezone.now()):
        raise NotPossible("This backfill has ended already.")
    waiting = backfill.items.filter(state=Item.WAITING)
    left = waiting.update(state=Item.CANCELLED, note="The backfill was stopped before its turn.")
    audit.record(actor=actor, action="backfill.stop", subject=backfill, detail={"left": left})
    backfill.refresh_from_db()
    return backfill


def release_due() -> None:
    """Give those a Start whose turn it is. Two at once are harmless."""
    for id in Backfill.objects.filter(state=State.RUNNING).values_list("pk", flat=True):
        _release(id)


# ── Releasing ───────────────────────────────────────────────────────────────────────


@transaction.atomic
def _release(backfill_id: int) -> None:
    rows = Backfill.objects.select_for_update(of=("self",)).filter(state=State.RUNNING)
    backfill = rows.select_related("pipeline__connection").filter(pk=backfill_id).first()
    if backfill is None:
        return
    waiting = backfill.items.filter(state=Item.WAITING)
    # A Maintenance means that nothing is to be started now.
    if not maintenance_rows.holding(backfill.pipeline).exists():
        room = min(_left_this_minute(backfill), backfill.at_once - _going_on(backfill))
        for item in waiting.select_related("occurrence__trigger")[: max(room, 0)]:
            _give_start(backfill, item)
    if not waiting.exists() and not _going_on(backfill):
        rows.filter(pk=backfill_id).update(state=State.ENDED, ended_at=timezone.now())


def _left_this_minute(backfill: Backfill) -> int:
    since = timezone.now() - MINUTE
    return backfill.per_minute - backfill.items.filter(released_at__gt=since).count()


def _going_on(backfill: Backfill) -> int:
    unfinished = [Run.Status.QUEUED, Run.Status.RUNNING]
    going = Q(start__state=Start.State.WAITING) | Q(start__run__status__in=unfinished)
    return backfill.items.filter(going).count()


def _give_start(backfill: Backfill, item: BackfillItem) -> None:
    occurrence = item.occurrence
    mine = BackfillItem.objects.filter(pk=item.pk)
    if occurrence.run_id or occurrence.status in (Status.DONE, Status.LATE, Status.RUNNING):
        mine.update(state=Item.CANCELLED, note="It was started after all.")
        return
    start, new = Start.objects.get_or_create(
        occurrence=occurrence,
        defaults={
            "pipeline": backfill.pipeline,
            "trigger": occurrence.trigger,
            "key": f"{starts.BACKFILL} {occurrence.pk}",
            "cause": f"{starts.BACKFILL} of {_instant(occurrence)}",
            "parameters": _values(backfill, occurrence),
        },
    )
    if not new and start.state == Start.State.REFUSED:
        starts.owe_again(start)
    mine.update(state=Item.RELEASED, start=start, released_at=timezone.now())


def _values(backfill: Backfill, occurrence: Occurrence) -> dict[str, str]:
    if not backfill.date_parameter:
        return dict(backfill.parameters)
    return {**backfill.parameters, backfill.date_parameter: logical_date(backfill, occurrence)}


def logical_date(backfill: Backfill, occurrence: Occurrence) -> str:
    """When it was due, as the run is told it."""
    if backfill.date_form == Backfill.DateForm.INSTANT:
        return _instant(occurrence)
    zone = ZoneInfo(occurrence.trigger.timezone or "UTC")
    return (occurrence.due or occurrence.at).astimezone(zone).date().isoformat()


def _instant(occurrence: Occurrence) -> str:
    return (occurrence.due or occurrence.at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _problems(
    pipeline: Pipeline,
    occurrences: Sequence[Occurrence],
    per_minute: int,
    at_once: int,
    date_form: str,
) -> list[Problem]:
    found: list[Problem] = []
    if not occurrences:
        found.append(Problem("occurrences", "Choose at least one start that was missed."))
    if len(occurrences) > MOST:
        found.append(Problem("occurrences", f"At most {MOST} starts in one backfill."))
    if any(each.pipeline_id != pipeline.pk or each.run_id for each in occurrences):
        found.append(Problem("occurrences", "Some of these are not missing from this pipeline."))
    for field, value, most in (
        ("per_minute", per_minute, MOST_PER_MINUTE),
        ("at_once", at_once, MOST_AT_ONCE),
    ):
        if not 1 <= value <= most:
            found.append(Problem(field, f"From 1 to {most}."))
    if date_form not in Backfill.DateForm.values:
        found.append(Problem("date_form", f"One of {', '.join(Backfill.DateForm.values)}."))
    return found


def _of_parameters(
    pipeline: Pipeline, date_parameter: str, given: Mapping[str, str]
) -> list[Problem]:
    """A run that is refused for its parameters is refused as often as it is started."""
    specs = {each.name: each for each in parameters(pipeline)[0]}
    unknown = "A run of this pipeline takes no parameter '{}'."
    found = [
        Problem(f"parameters.{name}", unknown.format(name)) for name in given if name not in specs
    ]
    if date_parameter and date_parameter not in specs:
        found.append(Problem("date_parameter", unknown.format(date_parameter)))
    for name, spec in specs.items():
        if spec.default is None and name not in given and name != date_parameter:
            found.append(Problem(f"parameters.{name}", "It has no default: give it a value."))
    return found


def outcome(item: BackfillItem) -> dict[str, Any]:
    """The word and the sentence of one, for pages and answers."""
    start = item.start
    if start is None:
        return {"state": item.state, "run": None, "error": item.note}
    run = start.run
    state = run.status if run else start.state
    return {"state": state, "run": start.run_id, "error": start.error}
