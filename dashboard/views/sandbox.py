"""The sandbox: its console, and the clock in the bar on top of pages with sandbox data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard import access, queries, times
from dashboard.access import member_required, require_member
from dashboard.context import zones
from dashboard.forms.sandbox import (
    CLOUDS,
    FAULTS,
    FaultForm,
    SandboxEventForm,
    SandboxObjectForm,
)
from dashboard.forms.styled import StyledForm
from dashboard.models import Pipeline
from dashboard.services import samples, sandbox
from dashboard.views.responses import back, see_other, tell_errors
from provisioning.contracts import JournalEntry, SandboxFault
from provisioning.errors import InvalidInput, SkyclockError

STEPS = {
    "PT1M": timedelta(minutes=1),
    "PT15M": timedelta(minutes=15),
    "PT2H": timedelta(hours=2),
    "P1D": timedelta(days=1),
    "P7D": timedelta(days=7),
}
STEP_LABELS = (
    ("PT1M", "+1 min"),
    ("PT15M", "+15 min"),
    ("PT2H", "+2 h"),
    ("P1D", "+1 day"),
    ("P7D", "+1 week"),
)
SPEEDS = ((1, "×1"), (60, "×60, a minute a second"), (3600, "×3600, an hour a second"))
SHOWN = 50
OUTCOMES = {"delivered": "done", "ignored": "skipped", "refused": "failed", "dropped": "missed"}


@dataclass(frozen=True)
class Shown:
    """A fault or an entry with the words of the page."""

    of: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    @property
    def cloud_name(self) -> str:
        return dict(CLOUDS)[self.of.cloud]

    @property
    def title(self) -> str:
        return dict(FAULTS)[self.of.kind]

    @property
    def state(self) -> str:
        return OUTCOMES[self.of.outcome]

    @property
    def word(self) -> str:
        return str(self.of.outcome).capitalize()


@member_required
@require_safe
def console(request: HttpRequest) -> HttpResponseBase:
    return _page(request)


def _page(request: HttpRequest, **forms: StyledForm) -> HttpResponseBase:
    if not settings.SANDBOX_CONTROL_URL:
        raise Http404("No sandbox runs here.")
    pipelines = _pipelines(request)
    context: dict[str, Any] = {
        "pipelines": pipelines,
        "object_form": SandboxObjectForm(pipelines),
        "event_form": SandboxEventForm(pipelines),
        "fault_form": FaultForm(),
        "speeds": SPEEDS,
        "steps": STEP_LABELS,
        **_asked(request),
        **forms,
    }
    return render(request, "sandbox/console.html", context, status=400 if forms else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What only the sandbox knows; a page without it says that it does not answer."""
    try:
        reading = sandbox.look()
        entries: tuple[JournalEntry, ...] = sandbox.journal(most=SHOWN)
        faults: tuple[SandboxFault, ...] = sandbox.faults()
    except SkyclockError as error:
        messages.error(request, str(error))
        return {"entries": (), "faults": (), "speed": None}
    return {
        "entries": [Shown(each) for each in reversed(entries)],
        "faults": [Shown(each) for each in faults],
        "speed": reading.speed if reading else None,
    }


def _pipelines(request: HttpRequest) -> list[Pipeline]:
    """Those that are deployed on the sandbox."""
    return queries.sandbox_pipelines(require_member(request.user))


# ── Clock ───────────────────────────────────────────────────────────────────────────


@member_required
@require_POST
@tell_errors
def advance_clock(request: HttpRequest) -> HttpResponseBase:
    delta = STEPS.get(request.POST.get("advance", ""))
    if delta is None:
        known = ", ".join(label for _, label in STEP_LABELS)
        messages.error(request, f"The clock can be moved by one of {known}.")
        return back(request)
    now = sandbox.advance(actor=require_member(request.user), delta=delta).now
    where = zones(request).shown(None)
    text = f"{times.in_words(now, where)} {times.label(now, where)}"
    messages.success(request, f"The sandbox's clock is at {text}. What was due has happened.")
    return back(request)


@member_required
@require_POST
@tell_errors
def set_speed(request: HttpRequest) -> HttpResponseBase:
    speed = request.POST.get("speed", "")
    if speed not in {str(value) for value, _ in SPEEDS}:
        messages.error(request, "Choose one of the speeds.")
        return see_other("sandbox")
    sandbox.run_at(actor=require_member(request.user), speed=float(speed))
    return see_other("sandbox")


# ── Samples ─────────────────────────────────────────────────────────────────────────


@member_required
@require_POST
def put_object(request: HttpRequest) -> HttpResponseBase:
    form = SandboxObjectForm(_pipelines(request), request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, object_form=form)
    pipeline = access.get_pipeline(request.user, form.cleaned_data["pipeline"])
    key, content = form.sample
    try:
        samples.put_object(
            actor=require_member(request.user), pipeline=pipeline, key=key, content=content
        )
    except SkyclockError as error:
        _show(form, error)
        return _page(request, object_form=form)
    messages.success(request, f"{key} is in the bucket of {pipeline.name}.")
    return see_other("sandbox")


@member_required
@require_POST
def send_event(request: HttpRequest) -> HttpResponseBase:
    form = SandboxEventForm(_pipelines(request), request.POST)
    if not form.is_valid():
        return _page(request, event_form=form)
    given = form.cleaned_data
    pipeline = access.get_pipeline(request.user, given["pipeline"])
    try:
        samples.send_event(
            actor=require_member(request.user),
            pipeline=pipeline,
            source=given["source"],
            type=given["type"],
            detail=given["detail"],
        )
    except SkyclockError as error:
        _show(form, error)
        return _page(request, event_form=form)
    messages.success(request, f"{given['type']} is on the bus of {pipeline.name}.")
    return see_other("sandbox")


def _show(form: StyledForm, error: SkyclockError) -> None:
    if isinstance(error, InvalidInput):
        form.show(error)
    else:
        form.add_error(None, str(error))


# ── Faults ──────────────────────────────────────────────────────────────────────────


@member_required
@require_POST
def add_fault(request: HttpRequest) -> HttpResponseBase:
    form = FaultForm(request.POST)
    if not form.is_valid():
        return _page(request, fault_form=form)
    try:
        fault = SandboxFault(**form.fault)
        sandbox.add_fault(actor=require_member(request.user), fault=fault)
    except SkyclockError as error:
        _show(form, error)
        return _page(request, fault_form=form)
    return see_other("sandbox")


@member_required
@require_POST
@tell_errors
def remove_fault(request: HttpRequest, fault: str) -> HttpResponseBase:
    sandbox.remove_fault(actor=require_member(request.user), id=fault)
    return see_other("sandbox")
