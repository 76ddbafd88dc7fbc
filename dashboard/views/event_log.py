"""The event log of an event-sourced Pipeline: in order, with the state at any event, replayed.

The page comes at once; what only the cloud knows is read into it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import access
from dashboard.access import member_required, require_member
from dashboard.forms.replay import ReplayForm
from dashboard.models import Pipeline
from dashboard.services import event_logs
from dashboard.views.pipeline_tabs import tab
from dashboard.views.responses import see_other
from provisioning.errors import InvalidInput, SkyclockError

HOUR = timedelta(hours=1)


@member_required
@require_safe
def page(request: HttpRequest, id: int) -> HttpResponseBase:
    """The shell; with `read`, or asked for by a script, what the cloud tells."""
    pipeline = access.get_managed(request.user, id)
    if request.headers.get("HX-Request") == "true":
        context = {"pipeline": pipeline, **_read(request, pipeline)}
        return render(request, "events/_log.html", context)
    read = _read(request, pipeline) if "read" in request.GET or "at" in request.GET else {}
    return _page(request, pipeline, read=read)


@member_required
@require_POST
def replay(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, pipeline, form=form)
    try:
        name = event_logs.replay(
            actor=require_member(request.user), pipeline=pipeline, **form.cleaned_data
        )
    except InvalidInput as error:
        form.show(error)
        return _page(request, pipeline, form=form)
    except SkyclockError as error:
        form.add_error(None, str(error))
        return _page(request, pipeline, form=form)
    messages.success(request, f"The cloud delivers these events once more: replay {name}.")
    return see_other("pipeline-event-log", pipeline.pk)


def _page(
    request: HttpRequest,
    pipeline: Pipeline,
    *,
    read: dict[str, Any] | None = None,
    form: ReplayForm | None = None,
) -> HttpResponseBase:
    now = pipeline.connection.now(timezone.now()).replace(microsecond=0)
    context = {
        "replay_form": form or ReplayForm(initial={"since": now - HOUR, "until": now}),
        "was_read": bool(read),
        **(read or {}),
    }
    return tab(request, pipeline, "pipeline-event-log", context, status=400 if form else 200)


def _read(request: HttpRequest, pipeline: Pipeline) -> dict[str, Any]:
    at, cursor = request.GET.get("at", ""), request.GET.get("cursor") or None
    try:
        found = event_logs.events(pipeline, cursor=cursor)
        replays = event_logs.replays(pipeline)
    except SkyclockError as error:
        return {"trouble": str(error)}
    return {
        "events": [{"event": each, "detail": _short(each.detail)} for each in found.events],
        "more": found.cursor,
        "at": at,
        "replays": replays,
        **_state(pipeline, at),
    }


def _state(pipeline: Pipeline, at: str) -> dict[str, Any]:
    """A log can be too long to go by, and is to be read and replayed all the same."""
    try:
        found = event_logs.state_at(pipeline, at) if at else event_logs.state_now(pipeline)
    except SkyclockError as error:
        return {"stateless": str(error)}
    return {"state": found}


def _short(detail: dict[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, default=str)
