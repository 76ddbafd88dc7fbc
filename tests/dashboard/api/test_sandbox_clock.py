"""The sandbox's clock: told, and moved forward. Its control address is the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from pytest_django import Settings

from dashboard.models import AuditEntry, Connection
from provisioning.sandbox.control import make_control_server
from tests.dashboard.api.conftest import Caller, fields


class Clock:
    """Stands in for the simulated clouds: time that passes only when it is asked to."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def health(self) -> dict[str, bool]:
        return {}

    def now(self) -> datetime:
        return self.moment

    def speed(self) -> float:
        return 1.0

    def advance(self, delta: timedelta) -> datetime:
        self.moment += delta
        return self.moment


@pytest.fixture
def clock(settings: Settings, connection: Connection) -> Iterator[Clock]:
    clock = Clock()
    server = make_control_server(port=0, sandbox=clock)
    port = server.server_address[1]
    server.RequestHandlerClass.port = port  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    settings.SANDBOX_CONTROL_URL = f"http://127.0.0.1:{port}"
    yield clock
    server.shutdown()
    server.server_close()
    thread.join()


def moment(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["now"])


@pytest.mark.parametrize(
    ("advance", "delta"),
    [
        ("PT2H", timedelta(hours=2)),
        ("PT1S", timedelta(seconds=1)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("P2W", timedelta(weeks=2)),
        ("P366D", timedelta(days=366)),
    ],
)
def test_it_goes_forward_and_says_where_it_is(
    advance: str, delta: timedelta, api: Caller, clock: Clock
) -> None:
    before = clock.moment
    now = moment(api.post("/sandbox/clock", {"advance": advance}))
    assert abs(now - before - delta) < timedelta(milliseconds=1)
    told = moment(api.get("/sandbox/clock"))
    assert timedelta(0) <= told - now < timedelta(seconds=30)
    assert AuditEntry.objects.get(action="sandbox.advance").actor.username == "mel"


@pytest.mark.parametrize(
    "advance",
    ["PT0S", "PT0.5S", "-PT2H", "-P1D", "P367D", "P10Y", "P99999999999999D", "P", "PT", "two hours",
     "2:00:00", "7200", "", "PT2H\x00", 7200, -1, None, True, ["PT2H"], {"hours": 2}, "P1.5W3Q"],
    ids=repr,
)  # fmt: skip
def test_it_goes_nowhere_else(advance: Any, api: Caller, clock: Clock) -> None:
    before = clock.moment
    refused = api.post("/sandbox/clock", {"advance": advance}, expect=422)
    assert set(fields(refused)) == {"advance"}
    assert clock.moment == before
    assert not AuditEntry.objects.filter(action="sandbox.advance").exists()


def test_without_a_sandbox_there_is_no_clock(api: Caller, settings: Settings) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    assert api.get("/sandbox/clock", expect=409)["detail"] == "No sandbox runs here."
    assert api.post("/sandbox/clock", {"advance": "PT1H"}, expect=409)["detail"] == (
        "No sandbox runs here."
    )


def test_a_sandbox_that_is_away_is_said_to_be(api: Caller, connection: Connection) -> None:
    assert "does not answer" in api.post("/sandbox/clock", {"advance": "PT1H"}, 503)["detail"]


def test_pages_know_the_time_that_was_reached(
    api: Caller, clock: Clock, new_pipeline: Callable[..., Any]
) -> None:
    api.post("/sandbox/clock", {"advance": "P10D"})
    row = Connection.objects.get()
    assert abs(row.clock_ahead - timedelta(days=10)) < timedelta(minutes=1)
