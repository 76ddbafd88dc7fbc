"""Machines of a Pipeline that people start and stop: read into the Resources tab."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import access
from dashboard.access import member_required, require_member
from dashboard.services import instances
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import SkyclockError


@member_required
@require_safe
def panel(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    context: dict[str, Any] = {"pipeline": pipeline}
    try:
        context["instances"] = instances.of(pipeline)
        context["changing"] = any(one.status == "changing" for one in context["instances"])
    except SkyclockError as error:
        context["trouble"] = str(error)
    return render(request, "pipelines/_instances.html", context)


@member_required
@require_POST
@tell_errors
def switch(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    name, running = request.POST.get("name", ""), request.POST.get("do") == "start"
    instances.switch(
        actor=require_member(request.user), pipeline=pipeline, name=name, running=running
    )
    messages.success(request, f"{name} is {'starting' if running else 'stopping'}.")
    return see_other("pipeline-resources", pipeline.pk)
