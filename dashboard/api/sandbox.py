from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from dashboard import access
from dashboard.api.auth import caller
from dashboard.services import sandbox
from provisioning.errors import InvalidInput, NotPossible

router = Router(tags=["sandbox"])
FARTHEST = timedelta(days=366)


class AdvanceIn(Schema):
    """An ISO 8601 duration, such as "PT2H" or "P1D"."""

    advance: timedelta


class ClockOut(Schema):
    now: datetime


@router.get("/sandbox/clock", response=ClockOut)
def get_clock(request: HttpRequest) -> dict[str, Any]:
    access.require_member(caller(request))
    if (now := sandbox.now()) is None:
        raise NotPossible("No sandbox runs here.")
    return {"now": now}


@router.post("/sandbox/clock", response=ClockOut)
def advance_clock(request: HttpRequest, payload: AdvanceIn) -> dict[str, Any]:
    """Fast-forward; what would have fired does, in order. Returns when done."""
    actor = access.require_member(caller(request))
    if not timedelta(0) <= payload.advance <= FARTHEST:
        raise InvalidInput.at("advance", "The clock goes forward only, by a year at most a time.")
    return {"now": sandbox.advance(actor=actor, delta=payload.advance)}
