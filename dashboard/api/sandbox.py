from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard.api.auth import caller
from dashboard.api.values import Body, Duration
from dashboard.services import sandbox
from provisioning.errors import NotPossible

router = Router(tags=["sandbox"])


class AdvanceIn(Body):
    """An ISO 8601 duration, such as "PT2H" or "P1D"."""

    advance: Duration


class ClockOut(Schema):
    now: datetime


@router.get("/sandbox/clock", response=ClockOut)
def get_clock(request: HttpRequest) -> dict[str, Any]:
    """The time in the simulated clouds, asked there: it is never less than an answer before."""
    caller(request)
    if (now := sandbox.look()) is None:
        raise NotPossible("No sandbox runs here.")
    return {"now": now}


@router.post("/sandbox/clock", response=ClockOut)
def advance_clock(request: HttpRequest, payload: AdvanceIn) -> dict[str, Any]:
    """Fast-forward; what would have fired does, in order. Returns when done."""
    return {"now": sandbox.advance(actor=caller(request), delta=payload.advance)}
