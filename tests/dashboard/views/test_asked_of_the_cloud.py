"""What pages read from the cloud when somebody opens it: logs, event logs, instances."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Pipeline, Run
from dashboard.services import event_logs, instances, step_logs
from provisioning.contracts import (
    EventPage,
    Instance,
    LoggedEvent,
    LogLine,
    LogPage,
    WorkflowState,
)
from provisioning.errors import CloudAway, NotPossible

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVENTS = tuple(
    LoggedEvent(id=f"e{n}", time=NOON, source="my.app", type=f"step.{n}", detail={"n": n})
    for n in range(3)
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    def read(run: Run, step: str = "", *, cursor: str | None = None) -> LogPage:
        found.append((step, cursor))
        line = LogLine(time=NOON, text=f"<b>line of {step or 'the run'} {cursor or 0}</b>")
        return LogPage(lines=(line,), cursor=None if cursor else "more")

    monkeypatch.setattr(step_logs, "read", read)
    return found


def test_a_steps_log_is_read_in_place_and_as_a_page(
    as_member: Client, run: Run, asked: list[Any]
) -> None:
    name = run.steps.first().name
    path = f"/runs/{run.pk}/log?step={name}"
    assert f"/runs/{run.pk}/log?step={name}" in as_member.get(f"/runs/{run.pk}").content.decode()
    whole = as_member.get(path).content.decode()
    part = as_member.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole and "<html" not in part
    assert f"&lt;b&gt;line of {name} more" in part and "2 lines" in part
    assert asked[:2] == [(name, None), (name, "more")]


def test_the_log_of_a_step_that_there_is_not_is_not_asked_for(
    as_member: Client, run: Run, asked: list[Any]
) -> None:
    assert as_member.get(f"/runs/{run.pk}/log?step=nothing").status_code == 404
    assert asked == []


def test_a_cloud_that_gives_no_log_says_why(
    as_member: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> LogPage:
        raise CloudAway("The cloud did not answer within 20 seconds.")

    monkeypatch.setattr(step_logs, "read", away)
    text = as_member.get(f"/runs/{run.pk}/log").content.decode()
    assert "did not answer within 20 seconds" in text


@pytest.fixture
def log_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {e.id: WorkflowState(step=f"after {e.id}", data="data/x.csv") for e in EVENTS}
    monkeypatch.setattr(event_logs, "events", lambda *_, **__: EventPage(events=EVENTS))
    monkeypatch.setattr(event_logs, "state_at", lambda _, at: state[at])
    monkeypatch.setattr(event_logs, "state_now", lambda _: state["e2"])
    monkeypatch.setattr(event_logs, "replays", lambda _: ())


def test_the_event_logs_page_comes_before_the_cloud_answers(
    as_member: Client, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> EventPage:
        raise AssertionError("the page asked")

    monkeypatch.setattr(event_logs, "events", never)
    text = as_member.get(f"/pipelines/{deployed.pk}/event-log").content.decode()
    assert 'hx-trigger="load"' in text and "?read=1" in text


def test_events_stand_in_order_with_the_state_at_each(
    as_member: Client, deployed: Pipeline, log_of_events: None
) -> None:
    path = f"/pipelines/{deployed.pk}/event-log"
    text = as_member.get(f"{path}?read=1").content.decode()
    assert text.index("step.0") < text.index("step.1") < text.index("step.2")
    assert "after e2" in text and "State now" in text
    part = as_member.get(f"{path}?at=e1", headers={"HX-Request": "true"}).content.decode()
    assert "after e1" in part and "<html" not in part


@pytest.mark.parametrize("query", ["read=1", "at=e1"])
def test_a_log_that_is_too_long_to_go_by_is_shown_all_the_same(
    query: str,
    as_member: Client,
    deployed: Pipeline,
    log_of_events: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> WorkflowState:
        raise NotPossible("The log has more than 10,000 events: too many to go by.")

    monkeypatch.setattr(event_logs, "state_at", refuse)
    monkeypatch.setattr(event_logs, "state_now", refuse)
    text = as_member.get(f"/pipelines/{deployed.pk}/event-log?{query}").content.decode()
    assert "too many to go by" in text and "could not be read" not in text
    assert "step.0" in text and "Nothing was replayed yet." in text


def test_a_window_that_cannot_be_replayed_is_told_at_its_field(
    as_member: Client, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/pipelines/{deployed.pk}/replay"
    answer = as_member.post(path, {"since": "soon", "until": "2026-11-21T12:00:00"})
    assert answer.status_code == 400 and "Enter a valid date" in answer.content.decode()

    def refuse(**_: object) -> str:
        raise NotPossible("There is no archive.")

    monkeypatch.setattr(event_logs, "replay", refuse)
    typed = {"since": "2026-11-21T11:00:00", "until": "2026-11-21T12:00:00"}
    answer = as_member.post(path, typed)
    assert answer.status_code == 400 and "There is no archive." in answer.content.decode()


def test_an_instance_is_shown_with_what_can_be_done(
    as_member: Client, deployed: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Instance(name="lab", kind="Notebook instance", status="stopped", cloud_status="Stopped")
    monkeypatch.setattr(instances, "of", lambda _: (one,))
    text = as_member.get(f"/pipelines/{deployed.pk}/instances").content.decode()
    assert "Start instance" in text and "Stop instance" not in text
    asked: list[Any] = []
    monkeypatch.setattr(instances, "switch", lambda **given: asked.append(given))
    as_member.post(f"/pipelines/{deployed.pk}/instances/switch", {"name": "lab", "do": "start"})
    assert [(each["name"], each["running"]) for each in asked] == [("lab", True)]
