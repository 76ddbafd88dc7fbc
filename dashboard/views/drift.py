"""The Drift tab of a Pipeline: what differs in the cloud, and what can be done about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from dashboard import access, launch, queries
from dashboard.access import member_required, require_member
from dashboard.forms.drift import DriftChecksForm, every
from dashboard.models import DriftWatch, Pipeline
from dashboard.services import drift_checks
from dashboard.views.pipeline_tabs import tab
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput


@member_required
@require_GET
def page(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    return _page(request, pipeline)


def _page(
    request: HttpRequest, pipeline: Pipeline, form: DriftChecksForm | None = None
) -> HttpResponse:
    watch = queries.drift_watch(pipeline) or DriftWatch(pipeline=pipeline)
    found = queries.open_drifts(pipeline)
    hours = drift_checks.hours_of(watch)
    context = {
        "watch": watch,
        "drifts": [row for row in found if not row.cosmetic],
        "cosmetic": [row for row in found if row.cosmetic],
        "acceptable": any(row.acceptable and not row.cosmetic for row in found),
        "ended": queries.ended_drifts(pipeline),
        "how_often": every(hours).lower() if hours else "",
        "checking": watch.last_check is not None and not watch.last_check.final,
        "hindrance": drift_checks.hindrance(pipeline),
        "form": form or DriftChecksForm(watch),
    }
    return tab(request, pipeline, "pipeline-drift", context, status=400 if form else 200)


@member_required
@require_POST
@tell_errors
def check(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    launch.request_check(actor=require_member(request.user), pipeline=pipeline)
    messages.success(request, "The cloud is being compared. This changes nothing.")
    return see_other("pipeline-drift", pipeline.pk)


@member_required
@require_POST
@tell_errors
def restore(request: HttpRequest, id: int) -> HttpResponseBase:
    """Leads to the preview, whose plan is applied from its own page."""
    pipeline = access.get_managed(request.user, id)
    preview = launch.restore(actor=require_member(request.user), pipeline=pipeline)
    messages.success(request, "This preview shows what will be put back. Apply its plan to do so.")
    return see_other("deployment", preview.pk)


@member_required
@require_POST
@tell_errors
def accept(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    ids = None if request.POST.get("all") else _ids(request)
    preview = launch.accept_drift(actor=require_member(request.user), pipeline=pipeline, ids=ids)
    messages.success(
        request,
        "The definition says now what the cloud has. This preview shows what is left to deploy.",
    )
    return see_other("deployment", preview.pk)


def _ids(request: HttpRequest) -> list[int]:
    named = request.POST.getlist("drift")
    if not named or not all(each.isdecimal() and len(each) < 19 for each in named):
        raise InvalidInput.at("drift", "Choose what to accept.", "required")
    return [int(each) for each in named]


@member_required
@require_POST
@tell_errors
def schedule(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    watch = queries.drift_watch(pipeline) or DriftWatch(pipeline=pipeline)
    form = DriftChecksForm(watch, request.POST)
    if not form.is_valid():
        return _page(request, pipeline, form)
    actor = require_member(request.user)
    drift_checks.set_every(actor=actor, pipeline=pipeline, hours=form.hours)
    messages.success(request, "Saved.")
    return see_other("pipeline-drift", pipeline.pk)
