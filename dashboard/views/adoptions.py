"""Choosing what exists in the cloud already, to take it over into a Pipeline."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dashboard import access, launch
from dashboard.access import member_required, require_member
from dashboard.models import Pipeline
from dashboard.services import adoptions
from dashboard.views.paging import whole_number
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput

FIELD = "id:"  # and the resource's key


@member_required
@require_http_methods(["GET", "POST"])
@tell_errors
def adopt(request: HttpRequest, id: int) -> HttpResponseBase:
    """What could be adopted, each with a place for its id. Posted, a preview is made of it; with
    `look`, one that looks for what exists."""
    pipeline = access.get_managed(request.user, id)
    if request.method != "POST":
        return _page(request, pipeline, typed=_earlier(request, pipeline))
    resources = [] if "look" in request.POST else _typed(request)
    if not resources and "look" not in request.POST:
        messages.error(request, "Write the id of at least one resource.")
        return _page(request, pipeline, typed={}, status=400)
    try:
        deployment = launch.request_adoption(
            actor=require_member(request.user), pipeline=pipeline, resources=resources
        )
    except InvalidInput as error:
        for problem in error.problems:
            messages.error(request, problem.message)
        typed = {each["name"]: each["id"] for each in resources}
        return _page(request, pipeline, typed=typed, status=400)
    return see_other("deployment", deployment.pk)


def _typed(request: HttpRequest) -> list[dict[str, str]]:
    found = {
        name.removeprefix(FIELD): str(value).strip()
        for name, value in request.POST.items()
        if name.startswith(FIELD)
    }
    return [{"name": key, "id": id} for key, id in found.items() if id]


def _earlier(request: HttpRequest, pipeline: Pipeline) -> dict[str, str]:
    """What was typed for an earlier preview, to correct it."""
    number = whole_number(request, "from")
    earlier = pipeline.deployments.filter(pk=number).first() if number else None
    return dict(earlier.adopt or {}) if earlier else {}


def _page(
    request: HttpRequest, pipeline: Pipeline, *, typed: dict[str, str], status: int = 200
) -> HttpResponseBase:
    look = adoptions.last_look(pipeline)
    found = adoptions.candidates(look) if look else []
    context: dict[str, Any] = {
        "pipeline": pipeline,
        "look": look,
        "looked": look is not None and look.adopt is not None,
        "candidates": [(each, typed.get(each.key, each.found)) for each in found],
        "sandbox_shown": pipeline.connection.sandbox,
    }
    return render(request, "pipelines/adopt.html", context, status=status)
