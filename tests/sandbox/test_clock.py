"""The sandbox's clock never goes back, and what is due happens in its order."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning.sandbox.clock import Clock
from provisioning.sandbox.control import make_control_server
from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.listeners import serve_in_thread
from provisioning.sandbox.simulation import Simulation
from provisioning.sandbox.world_lock import WorldLock


class Machine:
    """The machine's own clock."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_it_runs_with_the_machine() -> None:
    machine = Machine()
    clock = Clock(offset=50, real=machine)
    machine.time += 10

    assert clock.read() == 1060


def test_it_does_not_go_back_with_the_machine() -> None:
    machine = Machine()
    clock = Clock(real=machine)
    clock.read()
    machine.time -= 600
    assert clock.read() == 1000

    machine.time += 5
    assert clock.read() == 1005
    assert clock.offset == 600


def test_it_advances_and_never_the_other_way() -> None:
    machine = Machine()
    clock = Clock(real=machine)
    clock.advance_to(5000)
    clock.advance_to(3000)

    assert (clock.read(), clock.offset) == (5000, 4000)


def test_it_goes_on_from_what_was_remembered() -> None:
    machine = Machine()
    clock = Clock(offset=7, last=9999, real=machine)

    assert clock.read() == 9999


def test_it_runs_faster_without_a_jump() -> None:
    machine = Machine()
    clock = Clock(real=machine)
    machine.time += 10
    clock.run_at(60)
    assert clock.read() == 1010
    machine.time += 10
    assert clock.read() == 1610
    clock.run_at(1)
    machine.time += 10
    assert clock.read() == 1620


def test_it_does_not_run_fast_while_real_work_is_under_way() -> None:
    machine = Machine()
    clock = Clock(speed=60, real=machine)
    clock.hold()
    machine.time += 10
    assert clock.read() == 1010
    clock.let_go()
    machine.time += 10
    assert clock.read() == 1610


def test_what_ran_faster_is_remembered_with_the_offset() -> None:
    machine = Machine()
    clock = Clock(speed=60, real=machine)
    machine.time += 10
    again = Clock(offset=clock.offset, last=clock.read(), speed=clock.speed, real=machine)
    assert again.read() == clock.read() == 1600


def test_within_an_event_its_time_stands_still_for_that_thread_only() -> None:
    machine = Machine()
    clock = Clock(real=machine)
    seen: list[float] = []
    with clock.at(500):
        machine.time += 1
        assert clock.now() == 500
        other = threading.Thread(target=lambda: seen.append(clock.now()))
        other.start()
        other.join()

    assert seen == [1001]
    assert clock.now() == 1001


def simulation() -> tuple[Simulation, Clock, list[tuple[str, float]]]:
    clock = Clock(real=Machine())
    found: list[tuple[str, float]] = []
    simulated = Simulation(clock=clock, lock=WorldLock())
    simulated.handle("note", lambda key, time: found.append((key, clock.now())))
    return simulated, clock, found


def test_events_happen_in_the_order_of_their_time() -> None:
    simulated, clock, found = simulation()
    for key, time in (("late", 3000.0), ("early", 1500.0), ("same", 1500.0), ("never", 9000.0)):
        simulated.announce(at=time, kind="note", key=key)

    assert simulated.run(until=4000)

    assert found == [("early", 1500), ("same", 1500), ("late", 3000)]
    assert clock.read() == 3000
    assert simulated.next_due() == 9000


def test_events_that_events_announce_happen_too() -> None:
    simulated, _, found = simulation()

    def again(key: str, time: float) -> None:
        found.append((key, time))
        simulated.announce(at=time + 100, kind="again", key=key)

    simulated.handle("again", again)
    simulated.announce(at=1100, kind="again", key="x")
    simulated.run(until=1350)

    assert found == [("x", 1100), ("x", 1200), ("x", 1300)]


def test_one_bad_record_does_not_stop_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    simulated, _, found = simulation()

    def bad(key: str, time: float) -> None:
        raise ValueError("broken")

    simulated.handle("bad", bad)
    simulated.announce(at=1100, kind="bad", key="x")
    simulated.announce(at=1200, kind="note", key="y")

    assert simulated.run(until=2000)
    assert found == [("y", 1200)]
    assert "broken" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT2H", timedelta(hours=2)),
        ("P7D", timedelta(days=7)),
        ("P1W", timedelta(days=7)),
        ("P1DT2H30M5.5S", timedelta(days=1, hours=2, minutes=30, seconds=5.5)),
    ],
)
def test_durations_are_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "2H", "-PT2H", "PT0S", "P1DT", "PT2H ", "P1Y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


# ── The control address ─────────────────────────────────────────────────────────────


class Controlled:
    time = datetime(2027, 3, 1, 12, tzinfo=UTC)

    def health(self) -> dict[str, bool]:
        return {"aws": True, "provider": self.time.day != 2}

    def now(self) -> datetime:
        return self.time

    def speed(self) -> float:
        return 1.0

    def advance(self, delta: timedelta) -> datetime:
        self.time += delta
        return self.time


@pytest.fixture
def control() -> Any:
    server = make_control_server(port=0, sandbox=Controlled())
    serve_in_thread(server, name="control")
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, sent)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_clock_is_read_and_advanced(control: str) -> None:
    assert ask(f"{control}/clock") == (200, {"now": "2027-03-01T12:00:00+00:00", "speed": 1.0})
    assert ask(f"{control}/clock", {"advance": "PT2H"}) == (
        200,
        {"now": "2027-03-01T14:00:00+00:00", "speed": 1.0},
    )


def test_health_names_the_part_that_is_missing(control: str) -> None:
    assert ask(f"{control}/health")[0] == 200
    ask(f"{control}/clock", {"advance": "P1D"})

    assert ask(f"{control}/health") == (503, {"parts": {"aws": True, "provider": False}})


@pytest.mark.parametrize(
    "body", [{}, [], {"advance": "soon"}, {"advance": 3}, {"advance": "P500D"}, b"{", b"null"]
)
def test_nonsense_is_refused_with_a_reason(control: str, body: Any) -> None:
    status, answer = ask(f"{control}/clock", body)

    assert status == 400
    assert answer["error"]


def test_web_pages_cannot_move_the_clock(control: str) -> None:
    assert ask(f"{control}/clock", Host="evil.example")[0] == 403
    assert ask(f"{control}/clock", {"advance": "P1D"}, Origin="https://evil.example")[0] == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(f"{control}/clock", {"advance": "P1D"}, **form)[0] == 415
    assert ask(f"{control}/clock")[1]["now"] == "2027-03-01T12:00:00+00:00"


def test_there_is_nothing_else(control: str) -> None:
    assert ask(f"{control}/")[0] == 404
    assert ask(f"{control}/health", {})[0] == 404
