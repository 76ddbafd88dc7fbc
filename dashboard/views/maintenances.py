"""Maintenance: the list, a new one with what will not run, and one with each trigger's state."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.context import zones
from dashboard.forms.maintenance import MaintenanceForm
from dashboard.models import Maintenance
from dashboard.queries import WillNotRun
from dashboard.services import maintenances
from dashboard.views.paging import whole_number
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput, SkyclockError

MOVING = (Maintenance.State.PAUSING, Maintenance.State.RESTORING)


@member_required
@require_safe
def maintenance_list(request: HttpRequest) -> HttpResponseBase:
    rows = queries.maintenances(request.user, before=whole_number(request, "before"))
    context = {
        "rows": rows,
        "older": rows[-1].pk if len(rows) == 50 else None,
        "sandbox_shown": any(row.clock.sandbox for row in rows),
    }
    return render(request, "maintenance/list.html", context)


@member_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Shows what will not run before anything is paused: *Preview* asks, *Begin* does it."""
    connections, pipelines = queries.scope_choices(request.user)
    form = MaintenanceForm(
        connections, pipelines, zones(request).mine, request.POST or None, initial=_asked(request)
    )
    context: dict[str, Any] = {"form": form, "nothing": not pipelines}
    if form.is_valid():
        if request.POST.get("do") == "begin" and (row := _planned(request, form)):
            messages.success(request, "What is on is written down; the triggers are paused now.")
            return see_other("maintenance", row.pk)
        if not form.errors:  # which beginning may have added
            context |= _preview(request, form)
    context["sandbox_shown"] = any(row.sandbox for row in connections)
    return render(request, "maintenance/new.html", context, status=400 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Where a page of a Pipeline leads here."""
    pipeline = whole_number(request, "pipeline")
    return {"scope": "chosen", "pipelines": [pipeline]} if pipeline else {}


def _planned(request: HttpRequest, form: MaintenanceForm) -> Maintenance | None:
    try:
        return launch.request_maintenance(
            actor=require_member(request.user),
            reason=form.cleaned_data["reason"],
            connection=form.connection,
            pipelines=form.chosen,
            since=form.cleaned_data["since"],
            until=form.cleaned_data["until"],
        )
    except InvalidInput as error:
        form.show(error)
    except SkyclockError as error:
        form.add_error(None, str(error))
    return None


def _preview(request: HttpRequest, form: MaintenanceForm) -> dict[str, Any]:
    covered = form.covered
    if not covered:
        return {}
    now = covered[0].connection.now(timezone.now())
    since, until = form.cleaned_data["since"] or now, form.cleaned_data["until"]
    lost: list[WillNotRun] = queries.will_not_run(request.user, covered, since=since, until=until)
    return {"lost": lost, "since": since, "until": until, "total": sum(one.count for one in lost)}


@member_required
@require_safe
def maintenance(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_maintenance(request.user, id)
    triggers = list(queries.maintenance_triggers(row))
    context = {
        "maintenance": row,
        "scope": maintenances.scope(row),
        "triggers": triggers,
        "lost": _still_to_come(request, row),
        "moving": _is_moving(row),
        "stuck": any(one.error for one in triggers),
        "sandbox_shown": row.clock.sandbox,
    }
    return render(request, "maintenance/detail.html", context)


def _is_moving(row: Maintenance) -> bool:
    """Whether its rows are about to change."""
    if row.state == Maintenance.State.PLANNED:
        return row.now(timezone.now()) >= row.since
    return row.state in MOVING or (row.holding and row.end_asked_at is not None)


def _still_to_come(request: HttpRequest, row: Maintenance) -> list[WillNotRun]:
    """What a planned one will keep from running."""
    if row.state != Maintenance.State.PLANNED:
        return []
    covered = maintenances.covered(row)
    return queries.will_not_run(request.user, covered, since=row.since, until=row.until)


@member_required
@require_POST
@tell_errors
def end(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_maintenance(request.user, id)
    actor = require_member(request.user)
    if request.POST.get("do") == "give-up":
        maintenances.give_up(actor=actor, maintenance=row)
        messages.warning(request, "Ended. What could not be restored stays paused.")
    else:
        ended = launch.end_maintenance(actor=actor, maintenance=row)
        cancelled = ended.state == Maintenance.State.CANCELLED
        messages.success(request, "Cancelled." if cancelled else "What was on is restored now.")
    return see_other("maintenance", row.pk)
