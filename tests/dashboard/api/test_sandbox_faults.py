"""The sandbox's speed, faults and journal, over the API; its control address is the real one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import AuditEntry, Connection
from dashboard.services import clock, sandbox
from tests.dashboard.api.conftest import Caller, fields
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One of its own: its clock runs wild."""
    running = SandboxProcess(Path(tmp_path_factory.mktemp("wild")) / "sandbox").start()
    yield running
    running.end()


@pytest.fixture
def world(process: SandboxProcess, settings: Settings, connection: Connection) -> Iterator[None]:
    settings.SANDBOX_CONTROL_URL = process.address.control_url
    yield
    process.control("/clock", {"speed": 1})


def test_pages_follow_a_clock_that_runs_faster(api: Caller, world: None) -> None:
    fast = api.post("/sandbox/clock", {"speed": 3600})
    assert fast["speed"] == 3600
    time.sleep(0.6)
    looked, known = time.monotonic(), clock.sandbox_now()
    told = datetime.fromisoformat(api.get("/sandbox/clock")["now"])
    # Without asking, pages are off by no more than what passed between the two looks.
    assert timedelta(0) <= told - known < 3600 * timedelta(seconds=time.monotonic() - looked)
    assert known - datetime.fromisoformat(fast["now"]) > timedelta(minutes=30)
    slow = api.post("/sandbox/clock", {"speed": 1})
    assert datetime.fromisoformat(slow["now"]) >= told
    time.sleep(0.3)
    assert abs(clock.sandbox_now() - sandbox.look().now) < timedelta(seconds=60)
    entry = AuditEntry.objects.filter(action="sandbox.speed").order_by("pk").first()
    assert entry is not None and entry.detail == {"speed": 3600.0}


def test_a_real_connection_has_real_time(world: None, api: Caller) -> None:
    api.post("/sandbox/clock", {"speed": 3600})
    Connection.objects.create(name="real", cloud="aws", method="access_keys")
    api.get("/sandbox/clock")
    now = timezone.now()
    assert clock.now_of(Connection.objects.get(name="real")) - now < timedelta(seconds=60)


def test_a_connection_made_later_has_the_same_clock(world: None, admin_api: Caller) -> None:
    admin_api.post("/sandbox/clock", {"advance": "P3D"})
    body = {"name": "Later", "cloud": "azure", "sandbox": True}
    admin_api.post("/connections", body, expect=201)
    admin_api.get("/sandbox/clock")
    aheads = set(Connection.objects.filter(sandbox=True).values_list("clock_ahead", flat=True))
    assert len(aheads) == 1 and min(aheads) > timedelta(days=2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"speed": 0}, "speed"), ({"speed": 0.5}, "speed"), ({"speed": 3601}, "speed"),
        ({"speed": "60"}, "speed"), ({"speed": True}, "speed"), ({}, "advance"),
        ({"speed": 60, "advance": "PT1H"}, "advance"),
    ],
    ids=str,
)  # fmt: skip
def test_other_speeds_are_refused(
    body: dict[str, Any], field: str, api: Caller, world: None
) -> None:
    assert set(fields(api.post("/sandbox/clock", body, expect=422))) == {field}


def test_what_is_wrong_with_a_fault_is_a_sentence(api: Caller, world: None) -> None:
    wanted = {"kind": "delay", "cloud": "aws", "seconds": -1}
    (found,) = api.post("/sandbox/faults", wanted, expect=422)["problems"]
    assert found["field"] == "seconds"
    assert found["message"].startswith("Only the clock of a skew may be behind")


def test_a_fault_is_added_listed_and_taken_back(api: Caller, world: None) -> None:
    wanted = {"kind": "fail_step", "cloud": "aws", "match": "train-*", "count": 2,
              "message": "Out of memory", "until": "2199-01-01T00:00:00Z"}  # fmt: skip
    added = api.post("/sandbox/faults", wanted, expect=201)
    assert wanted.items() <= added.items()
    assert added in api.get("/sandbox/faults")
    api.delete(f"/sandbox/faults/{added['id']}")
    assert added not in api.get("/sandbox/faults")
    gone = api("DELETE", f"/sandbox/faults/{added['id']}")
    assert gone.status_code == 404
    actions = list(AuditEntry.objects.values_list("action", flat=True))
    assert actions.count("sandbox.fault") == actions.count("sandbox.fault.remove") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "explode"}, "kind"), ({"cloud": "mars"}, "cloud"), ({"match": ""}, "match"),
        ({"match": "x" * 257}, "match"), ({"count": 0}, "count"), ({"count": "2"}, "count"),
        ({"count": True}, "count"), ({"seconds": -1}, "seconds"), ({"seconds": "1"}, "seconds"),
        ({"until": "2999-01-01T00:00:00"}, "until"), ({"until": 7}, "until"),
        ({"message": "x" * 501}, "message"), ({"id": "mine"}, "id"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_a_fault_is_named(
    change: dict[str, Any], field: str, api: Caller, world: None
) -> None:
    body = {"kind": "throttle", "cloud": "aws", **change}
    assert set(fields(api.post("/sandbox/faults", body, expect=422))) == {field}


def test_the_journal_is_read_from_a_number_on(api: Caller, world: None) -> None:
    assert api.get(f"/sandbox/journal?after={2**63 - 1}") == []
    for after in ("-1", "x", str(2**63)):
        assert set(fields(api.get(f"/sandbox/journal?after={after}", expect=422))) == {"after"}


def test_without_a_sandbox_there_is_nothing(api: Caller, settings: Settings) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    for path in ("/sandbox/faults", "/sandbox/journal", "/sandbox/clock"):
        assert api.get(path, expect=409)["detail"] == "No sandbox runs here."
