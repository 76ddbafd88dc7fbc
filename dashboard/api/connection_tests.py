"""Testing connections: asked for, waited for, and the reports that are kept."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from dashboard import access, launch
from dashboard.access import require_admin
from dashboard.api.auth import caller
from dashboard.models import ConnectionTest

router = Router(tags=["connections"])
WAIT, LONGEST_WAIT = 30, 60
LOOK_SECONDS = 0.2

Wait = Annotated[int, Field(ge=0, le=LONGEST_WAIT)]
Result = Literal["pass", "fail", "unknown"]


class CheckOut(Schema):
    """`fail` names what is missing, in the cloud's own names; the message ends, after an empty
    line, with what to add. `unknown` is what the cloud could not be asked."""

    name: Literal["identity", "clock", "region", "list", "read_runs", "start", "deploy"]
    result: Result
    missing: list[str]
    message: str


class TestOut(Schema):
    """`account` is the one that the cloud named; `result` is the worst of the checks, null until
    the test has finished."""

    id: int
    connection: int
    level: Literal["observe", "run", "deploy"]
    status: Literal["queued", "running", "finished", "interrupted"]
    result: Result | None
    account: str
    checks: list[CheckOut]
    asked_by: str | None
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def shown(row: ConnectionTest) -> dict[str, Any]:
    same = ("level", "status", "account", "checks", "asked_at", "started_at", "finished_at")
    return {
        "id": row.pk,
        "connection": row.connection_id,
        "result": row.result or None,
        "asked_by": row.asked_by.username if row.asked_by else None,
        **{name: getattr(row, name) for name in same},
    }


@router.post("/connections/{int:id}/test", response={200: TestOut, 202: TestOut})
def test_connection(
    request: HttpRequest, response: HttpResponse, id: int, wait: Wait = WAIT
) -> Status[dict[str, Any]]:
    """Have a worker try it out with what is stored; nothing is created, changed or started.
    Waits up to `wait` seconds for the report. 202 is one that is still under way, with its
    address under `Location`; one that was under way already is not begun again. Admins only."""
    actor = require_admin(caller(request))
    row = launch.request_test(actor=actor, connection=access.get_connection(actor, id))
    row = _waited_for(row.pk, wait)
    if row.final:
        return Status(200, shown(row))
    address = {"id": id, "test_id": row.pk}
    response["Location"] = reverse("api:get_connection_test", kwargs=address)
    return Status(202, shown(row))


@router.get("/connections/{int:id}/tests", response=list[TestOut])
def list_connection_tests(request: HttpRequest, id: int) -> list[dict[str, Any]]:
    """The reports that are kept: the last 20, newest first. Admins only."""
    actor = require_admin(caller(request))
    rows = access.visible_tests(actor, access.get_connection(actor, id))
    return [shown(row) for row in rows]


@router.get("/connections/{int:id}/tests/{int:test_id}", response=TestOut)
def get_connection_test(request: HttpRequest, id: int, test_id: int) -> dict[str, Any]:
    """One report, also while it is being made: check by check. Admins only."""
    actor = require_admin(caller(request))
    return shown(access.get_test(actor, access.get_connection(actor, id), test_id))


def _waited_for(test_id: int, seconds: float) -> ConnectionTest:
    """By looking at the row: the cloud is asked by a worker, never here."""
    deadline = time.monotonic() + seconds
    while True:
        row = ConnectionTest.objects.select_related("asked_by").get(pk=test_id)
        if row.final or time.monotonic() >= deadline:
            return row
        time.sleep(LOOK_SECONDS)
