"""Pausing and resuming a Trigger, the secret of a webhook, and what Skyclock's own started."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from dashboard import access, launch
from dashboard.access import member_required, require_member
from dashboard.services import hooks, own_triggers, triggers
from dashboard.views.responses import see_other, tell_errors


@member_required
@require_POST
@tell_errors
def pause(request: HttpRequest, id: int, trigger_id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    trigger = access.get_trigger(request.user, pipeline, trigger_id)
    triggers.pause(actor=require_member(request.user), trigger=trigger)
    messages.success(request, "Paused. It starts no runs until it is resumed.")
    return see_other("pipeline-triggers", pipeline.pk)


@member_required
@require_POST
@tell_errors
def resume(request: HttpRequest, id: int, trigger_id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    trigger = access.get_trigger(request.user, pipeline, trigger_id)
    triggers.resume(actor=require_member(request.user), trigger=trigger)
    messages.success(request, "Resumed. What it would have started meanwhile is not made up for.")
    return see_other("pipeline-triggers", pipeline.pk)


@member_required
@require_POST
@tell_errors
def verify(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_pipeline(request.user, id)
    triggers.verify(pipeline)
    messages.success(request, "Read back from the cloud.")
    return see_other("pipeline-triggers", pipeline.pk)


@member_required
@require_POST
@tell_errors
def rotate(request: HttpRequest, id: int, trigger_id: int) -> HttpResponseBase:
    """Shows the new secret in this answer and in no other one."""
    pipeline = access.get_managed(request.user, id)
    trigger = access.get_trigger(request.user, pipeline, trigger_id)
    rotated = hooks.rotate(
        actor=require_member(request.user),
        trigger=trigger,
        end_old=request.POST.get("old") == "end",
    )
    context = {
        "pipeline": pipeline,
        "address": request.build_absolute_uri(own_triggers.address(rotated.hook)),
        "secret": rotated.secret,
        "old_until": rotated.before_until,
    }
    return render(request, "triggers/secret.html", context)


@member_required
@require_POST
@tell_errors
def retry_start(request: HttpRequest, id: int) -> HttpResponseBase:
    start = access.get_start(request.user, id)
    launch.retry_start(actor=require_member(request.user), start=start)
    messages.success(request, "Asked for again. What comes of it is seen below.")
    return see_other("pipeline-triggers", start.pipeline_id)
