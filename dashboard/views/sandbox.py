"""The sandbox's clock, fast-forwarded from the bar on top of pages with sandbox data."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from dashboard import times
from dashboard.access import member_required, require_member
from dashboard.context import zones
from dashboard.services import sandbox
from dashboard.views.responses import back, tell_errors

STEPS = {
    "PT15M": timedelta(minutes=15),
    "PT2H": timedelta(hours=2),
    "P1D": timedelta(days=1),
}


@member_required
@require_POST
@tell_errors
def advance_clock(request: HttpRequest) -> HttpResponseBase:
    delta = STEPS.get(request.POST.get("advance", ""))
    if delta is None:
        messages.error(request, "The clock can be moved by 15 minutes, 2 hours or a day.")
        return back(request)
    now = sandbox.advance(actor=require_member(request.user), delta=delta)
    where = zones(request).shown(None)
    text = f"{times.in_words(now, where)} {times.label(now, where)}"
    messages.success(request, f"The sandbox's clock is at {text}. What was due has happened.")
    return back(request)
