"""Trying a deployed Pipeline out: a file into its own bucket, an event on its own bus."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from dashboard import access, queries
from dashboard.access import member_required, require_member
from dashboard.forms.sandbox import EventForm, ObjectForm
from dashboard.forms.styled import StyledForm
from dashboard.models import Pipeline
from dashboard.services import samples
from dashboard.views.pipeline_tabs import tab
from dashboard.views.responses import see_other
from provisioning.errors import InvalidInput, SkyclockError


@member_required
@require_safe
def page(request: HttpRequest, id: int) -> HttpResponseBase:
    return _page(request, access.get_managed(request.user, id))


@member_required
@require_POST
def put_object(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = ObjectForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, pipeline, object_form=form)
    key, content = form.sample
    actor = require_member(request.user)
    try:
        samples.put_object(actor=actor, pipeline=pipeline, key=key, content=content)
    except SkyclockError as error:
        return _page(request, pipeline, object_form=_showing(form, error))
    messages.success(request, f"{key} is in the bucket. Runs that it starts appear below.")
    return see_other("pipeline", pipeline.pk)


@member_required
@require_POST
def send_event(request: HttpRequest, id: int) -> HttpResponseBase:
    pipeline = access.get_managed(request.user, id)
    form = EventForm(request.POST)
    if not form.is_valid():
        return _page(request, pipeline, event_form=form)
    actor = require_member(request.user)
    try:
        samples.send_event(actor=actor, pipeline=pipeline, **form.cleaned_data)
    except SkyclockError as error:
        return _page(request, pipeline, event_form=_showing(form, error))
    sent = form.cleaned_data["type"]
    messages.success(request, f"{sent} is sent. Runs that it starts appear below.")
    return see_other("pipeline", pipeline.pk)


def _showing(form: StyledForm, error: SkyclockError) -> StyledForm:
    if isinstance(error, InvalidInput):
        form.show(error)
    else:
        form.add_error(None, str(error))
    return form


def _page(request: HttpRequest, pipeline: Pipeline, **forms: StyledForm) -> HttpResponseBase:
    context: dict[str, Any] = {**_forms(pipeline), **forms}
    return tab(request, pipeline, "pipeline-try", context, status=400 if forms else 200)


def _forms(pipeline: Pipeline) -> dict[str, StyledForm]:
    """Filled with what the first trigger of each kind looks for."""
    found = {each.kind: each.config for each in reversed(queries.pipeline_triggers(pipeline))}
    looks_for, event = found.get("object_created", {}), found.get("event", {})
    return {
        "object_form": ObjectForm(initial={"key": looks_for.get("prefix", "")}),
        "event_form": EventForm(
            initial={
                "source": event.get("source", ""),
                "type": next(iter(event.get("types", ())), ""),
            }
        ),
    }
