"""Triggers around a change: what is stopped, what is started, in which order, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory import lifecycle, names
from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.clouds.session import Session
from provisioning.contracts import Operation, ResourceEvent, ResourceOp, StackSpec
from provisioning.errors import CloudError
from tests.provisioning.blueprints.factories import (
    CREATED,
    DAILY,
    READY,
    SLUG,
    Azure,
    answering,
    spec,
)

T1, T3, T4 = (names.trigger(SLUG, key) for key in ("t1", "t3", "t4"))
TYPES = {T1: "ScheduleTrigger", T3: "BlobEventsTrigger", T4: "CustomEventsTrigger"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "LOOK_SECONDS", 0)


@pytest.fixture
def both() -> Iterator[tuple[Azure, Session]]:
    with answering() as found:
        found[0].answers("POST", "/(start|stop|subscribeToEvents|unsubscribeFromEvents)", {})
        yield found


def has(azure: Azure, **states: str) -> None:
    """Native triggers by key, with their state."""
    value = [
        {"name": name, "properties": {"type": type, "runtimeState": states[name[-2:]]}}
        for name, type in TYPES.items()
        if name[-2:] in states
    ]
    azure.answers("GET", "/triggers", {"value": value})


def planned(name: str, op: ResourceOp, kind: str = "datafactory:Trigger") -> ResourceEvent:
    return ResourceEvent(
        time=datetime(2027, 1, 1, tzinfo=UTC),
        urn=f"urn:pulumi:{SLUG}::x::azure-native:{kind}::{name}",
        kind=f"azure-native:{kind}",
        name=name,
        op=op,
        state="planned",
    )


def before(
    session: Session, *events: ResourceEvent, operation: Operation = Operation.UP
) -> tuple[tuple[str, ...], list[str]]:
    told: list[str] = []
    undo = BLUEPRINT.before_change(session, wanted(), operation, lambda: events, told.append)
    return undo, told


def after(
    session: Session, undo: Any, *, failed: bool, given: StackSpec | None = None
) -> list[str]:
    told: list[str] = []
    BLUEPRINT.after_change(
        session, given or wanted(), Operation.UP, undo, failed=failed, tell=told.append
    )
    return told


def wanted() -> StackSpec:
    return spec(DAILY, CREATED, READY)


def switched(azure: Azure) -> list[str]:
    """ "stop t1", "start t3", …, in order."""
    verbs = ("start", "stop", "subscribeToEvents", "unsubscribeFromEvents")
    calls = [call.split("/") for call in azure.calls() if call.startswith("POST triggers/")]
    return [f"{verb} {name[-2:]}" for _, name, verb in calls if verb in verbs]


def test_only_what_changes_and_runs_is_stopped(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Started", t3="Started", t4="Stopped")
    azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": "x", "status": "Disabled"})
    changes = planned("t3", ResourceOp.UPDATE), planned("t4", ResourceOp.UPDATE)
    undo, told = before(session, *changes)
    assert undo == (T3,)
    assert switched(azure) == ["unsubscribeFromEvents t3", "stop t3"]
    assert told == [
        f"Trigger {T3} is stopped.",
        "Times, files and events that pass until they are started again start nothing.",
    ]


def test_a_change_of_the_pipeline_alone_stops_nothing(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Started")
    change = planned("pipeline", ResourceOp.UPDATE, "datafactory:Pipeline")
    assert before(session, change) == ((), [])
    assert switched(azure) == []


@pytest.mark.parametrize("kind", ["datafactory:Factory", "resources:ResourceGroup"])
def test_what_goes_with_its_factory_is_stopped(both: tuple[Azure, Session], kind: str) -> None:
    azure, session = both
    has(azure, t1="Started")
    undo, _ = before(session, planned("x", ResourceOp.REPLACE, kind))
    assert undo == (T1,)


def test_a_preview_is_made_only_where_something_runs(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Stopped")

    def never() -> tuple[ResourceEvent, ...]:
        raise AssertionError("nothing runs, so that nobody has to know what will change")

    assert BLUEPRINT.before_change(session, wanted(), Operation.UP, never, print) == ()


def test_a_destroy_stops_all_that_runs(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Started", t4="Started")
    azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": "x", "status": "Unknown"})
    undo, told = before(session, operation=Operation.DESTROY)
    assert undo == (T1, T4)
    assert told == [f"Trigger {T1} is stopped.", f"Trigger {T4} is stopped."]


def test_all_that_ought_to_run_is_started_and_subscribed_first(
    both: tuple[Azure, Session],
) -> None:
    azure, session = both
    has(azure, t1="Stopped", t3="Stopped", t4="Started")
    status = [{"triggerName": T3, "status": each} for each in ("Provisioning", "Enabled")]
    azure.answers("POST", "getEventSubscriptionStatus", *status)
    told = after(session, (), failed=False)
    assert switched(azure) == ["start t1", "subscribeToEvents t3", "start t3"]
    assert told == [
        f"Trigger {T1} is started.",
        f"Trigger {T3} is being subscribed to its events.",
        f"Trigger {T3} is started.",
    ]


def test_paused_triggers_stay_stopped_and_started_ones_are_stopped(
    both: tuple[Azure, Session],
) -> None:
    azure, session = both
    has(azure, t1="Stopped")
    paused = spec(DAILY.model_copy(update={"paused": True}))
    assert after(session, (), failed=False, given=paused) == []
    has(azure, t1="Started")
    after(session, (), failed=False, given=paused)
    assert switched(azure) == ["stop t1"]


def test_strangers_triggers_in_the_factory_are_left_alone(both: tuple[Azure, Session]) -> None:
    azure, session = both
    theirs = {
        "name": "theirs",
        "properties": {"type": "ScheduleTrigger", "runtimeState": "Stopped"},
    }
    azure.answers("GET", "/triggers", {"value": [theirs]})
    after(session, (), failed=False)
    assert switched(azure) == []


def test_after_a_failure_exactly_those_that_ran_are_started_again(
    both: tuple[Azure, Session],
) -> None:
    azure, session = both
    has(azure, t1="Stopped", t4="Stopped")
    told = after(session, (T1, T3), failed=True)
    assert switched(azure) == ["start t1"]
    assert told == [
        f"Trigger {T1} is started.",
        f"Trigger {T3} is gone; it was not started again.",
    ]


def test_what_cannot_be_started_again_is_told_and_hides_no_failure(
    both: tuple[Azure, Session],
) -> None:
    azure, session = both
    has(azure, t1="Stopped", t4="Stopped")
    azure.refuses("POST", f"{T1}/start", 403, "AuthorizationFailed")
    azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": T4, "status": "Enabled"})
    told = after(session, (T1, T4), failed=True)
    assert "could not be started again: the cloud's words on AuthorizationFailed" in told[0]
    assert "start t4" in switched(azure)


def test_one_that_does_not_start_keeps_none_of_the_others_from_it(
    both: tuple[Azure, Session],
) -> None:
    azure, session = both
    has(azure, t1="Stopped", t4="Stopped")
    azure.refuses(
        "POST", f"{T1}/start", 400, "BadRequest", "Missing or invalid pipeline references"
    )
    azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": T4, "status": "Enabled"})
    with pytest.raises(CloudError, match="invalid pipeline references"):
        after(session, (), failed=False)
    assert "start t4" in switched(azure)


def test_event_grid_is_given_time(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Stopped")
    message = "Resource cannot be updated during provisioning"
    refusal = {"error": {"code": "BadRequest", "message": message}}
    azure.answers("POST", f"{T1}/start", {})
    azure._answers[-1] = ("POST", f"{T1}/start", [(400, refusal), (400, refusal), (200, {})])
    assert after(session, (), failed=False) == [f"Trigger {T1} is started."]
    assert switched(azure) == ["start t1"] * 3


def test_patience_ends(both: tuple[Azure, Session], monkeypatch: pytest.MonkeyPatch) -> None:
    azure, session = both
    monkeypatch.setattr(lifecycle, "PATIENCE_SECONDS", 0)
    has(azure, t3="Stopped")
    azure.answers(
        "POST", "getEventSubscriptionStatus", {"triggerName": T3, "status": "Provisioning"}
    )
    with pytest.raises(CloudError, match="is still Provisioning, not Enabled"):
        after(session, (), failed=False)


def test_a_stop_that_fails_half_way_is_undone(both: tuple[Azure, Session]) -> None:
    azure, session = both
    has(azure, t1="Started", t4="Started")
    azure.answers("POST", "getEventSubscriptionStatus", {"triggerName": T4, "status": "Disabled"})
    azure.refuses("POST", f"{T4}/stop", 403, "AuthorizationFailed")
    stopped = {"type": "ScheduleTrigger", "runtimeState": "Stopped"}
    listed = azure._answers[1][2]
    listed.append((200, {"value": [{"name": T1, "properties": stopped}]}))
    with pytest.raises(CloudError, match="AuthorizationFailed"):
        before(session, planned("t1", ResourceOp.UPDATE), planned("t4", ResourceOp.UPDATE))
    assert switched(azure)[-1] == "start t1"
