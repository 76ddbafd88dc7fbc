"""Backfill: choose what was missed, see the list, have it started, follow it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.context import zones
from dashboard.forms.backfill import BackfillForm
from dashboard.models import Backfill, Pipeline
from dashboard.services import backfills
from dashboard.views.responses import see_other, tell_errors
from provisioning.contracts import ParameterSpec
from provisioning.errors import InvalidInput, SkyclockError

BACK = timedelta(days=7)


@member_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, id: int) -> HttpResponseBase:
    """What was missed in a time, each with a tick. Nothing is started before *Start*."""
    pipeline = access.get_managed(request.user, id)
    since, until, unknown = _window(request, pipeline)
    rows = list(backfills.missing(pipeline, since, until, unknown=unknown)[: backfills.MOST])
    specs, meant, trouble = _parameters(pipeline)
    form = BackfillForm(rows, specs, meant, request.POST or None)
    ticked = request.POST.getlist("occurrence")
    if form.is_valid() and (row := _requested(request, pipeline, form, ticked)):
        messages.success(request, "The first are being started.")
        return see_other("backfill", row.pk)
    where = zones(request).mine
    context = {
        "pipeline": pipeline,
        "rows": rows,
        "ticked": {int(each) for each in ticked if each.isdecimal()},
        "all": request.method == "GET",
        "form": form,
        "trouble": trouble,
        "unknown": unknown,
        "since": since.astimezone(where).strftime("%Y-%m-%dT%H:%M"),
        "until": until.astimezone(where).strftime("%Y-%m-%dT%H:%M"),
        "zone": where.key,
        "most": backfills.MOST,
        "before": queries.pipeline_backfills(request.user, pipeline),
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "backfills/new.html", context, status=400 if form.errors else 200)


def _window(request: HttpRequest, pipeline: Pipeline) -> tuple[datetime, datetime, bool]:
    """By the Connection's clock, typed in the reader's zone; a week back where nothing is said."""
    now = pipeline.connection.now(timezone.now())
    until = _moment(request, "until") or now
    since = _moment(request, "since") or until - BACK
    return since, until, request.GET.get("unknown") == "true"


def _moment(request: HttpRequest, name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zones(request).mine)


def _parameters(pipeline: Pipeline) -> tuple[tuple[ParameterSpec, ...], str, str]:
    """With what is in the way, if anything is."""
    try:
        return *backfills.parameters(pipeline), ""
    except SkyclockError as error:
        return (), "", str(error)


def _requested(
    request: HttpRequest, pipeline: Pipeline, form: BackfillForm, ticked: list[str]
) -> Backfill | None:
    try:
        return launch.request_backfill(
            actor=require_member(request.user),
            pipeline=pipeline,
            occurrences=form.chosen(ticked),
            **form.cleaned_data,
        )
    except InvalidInput as error:
        form.show(error)
    except SkyclockError as error:
        form.add_error(None, str(error))
    return None


@member_required
@require_safe
def backfill(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_backfill(request.user, id)
    items: list[dict[str, Any]] = [
        {"item": each, **backfills.outcome(each)} for each in queries.backfill_items(row)
    ]
    waiting = sum(each["state"] == "waiting" for each in items)
    context = {
        "backfill": row,
        "pipeline": row.pipeline,
        "items": items,
        "waiting": waiting,
        "sandbox_shown": row.pipeline.connection.sandbox,
    }
    return render(request, "backfills/detail.html", context)


@member_required
@require_POST
@tell_errors
def stop(request: HttpRequest, id: int) -> HttpResponseBase:
    row = access.get_backfill(request.user, id)
    backfills.stop(actor=require_member(request.user), backfill=row)
    messages.success(request, "No more of it is started. What runs goes on.")
    return see_other("backfill", row.pk)
