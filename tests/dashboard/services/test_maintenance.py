"""Maintenance: pausing all, restoring exactly what was on, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import launch
from dashboard.models import (
    AuditEntry,
    Connection,
    Maintenance,
    MaintenanceTrigger,
    Pipeline,
    Trigger,
    User,
)
from dashboard.services import maintaining, maintenances, pipelines, sandbox, triggers
from dashboard.services.entering import Entered
from dashboard.services.pipelines import spec_in_cloud
from provisioning.clouds.sandbox_clock import Reading
from provisioning.contracts import Level, TriggerProof, TriggerState
from provisioning.errors import CloudAway, InvalidInput, NotPossible
from tests.dashboard.conftest import DAILY

HOURLY = {"kind": "schedule", "cron": "30 * * * *", "timezone": "UTC"}
HOUR = timedelta(hours=1)


class Killed(BaseException):
    pass


@dataclass
class PausingCloud:
    """A Blueprint and a session whose triggers can be paused, and that a test makes fail."""

    paused: set[tuple[str, str]] = field(default_factory=set)
    error: BaseException | None = None
    after: BaseException | None = None  # raised when it was done already
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def now(self) -> Any:
        return timezone.now()

    def pause(self, session: Any, spec: Any, key: str) -> None:
        self._switch("pause", spec, key)

    def resume(self, session: Any, spec: Any, key: str) -> None:
        self._switch("resume", spec, key)

    def _switch(self, call: str, spec: Any, key: str) -> None:
        if self.error:
            raise self.error
        self.calls.append((call, spec.slug, key))
        change = self.paused.add if call == "pause" else self.paused.discard
        change((spec.slug, key))
        if self.after:
            raise self.after

    def trigger_states(self, session: Any, spec: Any) -> tuple[TriggerProof, ...]:
        return tuple(
            TriggerProof(
                key=each.key,
                state=TriggerState.PAUSED
                if (spec.slug, each.key) in self.paused
                else TriggerState.ACTIVE,
                verified_at=timezone.now(),
            )
            for each in spec.triggers
        )


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PausingCloud:
    found = PausingCloud()

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        return Entered(blueprint=found, session=found, spec=spec_in_cloud(pipeline))

    monkeypatch.setattr(triggers, "enter", enter)
    return found


@pytest.fixture
def train(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    row = new_pipeline("Train", triggers=[DAILY, HOURLY])
    Pipeline.objects.filter(pk=row.pk).update(
        deployed_version=row.current_version, may_exist_in_cloud=True
    )
    row.triggers.update(state="active", verified_at=timezone.now())
    row.refresh_from_db()
    return row


def begin(member: User, connection: Connection | None = None, **more: Any) -> Maintenance:
    row = launch.request_maintenance(
        actor=member, connection=connection, reason="Move of the database", **more
    )
    return perform(row)


def perform(row: Maintenance) -> Maintenance:
    Maintenance.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    maintaining.perform(row.pk)
    row.refresh_from_db()
    return row


def end(member: User, row: Maintenance) -> Maintenance:
    launch.end_maintenance(actor=member, maintenance=row)
    return perform(row)


def wishes(pipeline: Pipeline) -> dict[str, bool]:
    return dict(pipeline.triggers.filter(removed_at=None).values_list("key", "paused"))


def test_all_is_paused_and_exactly_what_was_on_is_restored(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    triggers.pause(actor=member, trigger=train.triggers.get(key="t2"))
    row = begin(member, connection)
    assert (row.state, wishes(train)) == ("active", {"t1": True, "t2": True})
    assert cloud.paused == {("train", "t1"), ("train", "t2")}
    end(member, row)
    assert (row.state, wishes(train)) == ("ended", {"t1": False, "t2": True})
    assert cloud.paused == {("train", "t2")}
    said = dict(row.triggers.values_list("trigger__key", "outcome"))
    assert said == {"t1": "Resumed.", "t2": "Paused before: it stays so."}
    assert row.triggers.filter(restored_at=None).count() == 0
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"maintenance.plan", "maintenance.end", "trigger.pause", "trigger.resume"} <= actions


def test_it_begins_and_ends_by_the_connections_clock(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    now = timezone.now()
    row = begin(member, connection, since=now + HOUR, until=now + 3 * HOUR)
    assert (row.state, maintaining.due(), cloud.calls) == ("planned", [], [])
    Connection.objects.update(clock_ahead=HOUR)
    assert maintaining.due() == [row.pk]
    assert perform(row).state == "active"
    assert maintaining.due() == []
    Connection.objects.update(clock_ahead=3 * HOUR)
    assert maintaining.due() == [row.pk]
    assert (perform(row).state, cloud.paused) == ("ended", set())


def test_one_whose_time_passed_unseen_touches_nothing(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    now = timezone.now()
    row = begin(member, connection, since=now + HOUR, until=now + 2 * HOUR)
    Connection.objects.update(clock_ahead=3 * HOUR)
    assert perform(row).state == "cancelled"
    assert "Its time passed" in row.note
    assert cloud.calls == []


# ── Deaths and errors ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("when", ["error", "after"])
def test_a_crash_while_pausing_or_restoring_converges(
    when: str, cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    setattr(cloud, when, Killed())
    with pytest.raises(Killed):
        begin(member, connection)
    row = Maintenance.objects.get()
    # What was on is written, and the wish as well: a deployment now would leave it off.
    assert (row.state, row.triggers.filter(was_paused=False).count()) == ("pausing", 2)
    assert wishes(train)["t1"] is True
    setattr(cloud, when, None)
    assert perform(row).state == "active"
    assert len(cloud.paused) == 2

    launch.end_maintenance(actor=member, maintenance=row)
    setattr(cloud, when, Killed())
    with pytest.raises(Killed):
        perform(row)
    row.refresh_from_db()
    assert (row.state, row.triggers.filter(restored_at=None).count()) == ("restoring", 2)
    setattr(cloud, when, None)
    assert perform(row).state == "ended"
    assert (cloud.paused, wishes(train)) == (set(), {"t1": False, "t2": False})


def test_a_cloud_that_is_away_is_tried_again_later_and_later(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    cloud.error = CloudAway("Nobody there.")
    row = begin(member, connection)
    pauses = []
    for _ in range(7):
        perform(row)
        now = timezone.now()  # a moment after the pause began
        pauses.append(round((row.next_attempt_at - now).total_seconds(), -1))
    assert (row.state, pauses[:3], pauses[-1]) == ("pausing", [20, 40, 80], 300)
    assert set(row.triggers.values_list("error", flat=True)) == {"Nobody there."}
    cloud.error = None
    assert perform(row).state == "active"
    assert set(row.triggers.values_list("error", flat=True)) == {""}


def test_what_cannot_be_restored_is_given_up_by_a_person_only(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    row = begin(member, connection)
    with pytest.raises(NotPossible):
        maintenances.give_up(actor=member, maintenance=row)
    cloud.error = NotPossible("The connection is disabled.")
    end(member, row)
    assert row.state == "restoring"
    maintenances.give_up(actor=member, maintenance=row)
    assert (row.state, wishes(train)) == ("ended", {"t1": True, "t2": True})
    assert "Given up: 2 triggers" in row.note
    assert maintaining.due() == []


def test_a_deployment_under_way_is_waited_for(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User, new_deployment: Any
) -> None:
    deployment = new_deployment(train, status="running")
    row = begin(member, connection)
    assert (row.state, cloud.calls) == ("pausing", [])
    assert "under way" in row.triggers.first().error
    type(deployment).objects.update(status="succeeded")
    assert perform(row).state == "active"


# ── What happens meanwhile ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["resumed", "resumed and paused"])
def test_what_a_person_changes_meanwhile_is_theirs(
    how: str, cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    row = begin(member, connection)
    first = train.triggers.get(key="t1")
    triggers.resume(actor=member, trigger=first)
    if "paused" in how:
        triggers.pause(actor=member, trigger=first)
    end(member, row)
    assert wishes(train) == {"t1": "paused" in how, "t2": False}
    held = row.triggers.get(trigger=first)
    assert held.outcome == "mel changed it meanwhile: it stays as it is."


def test_a_deployment_during_it_leaves_the_triggers_off(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    begin(member, connection)
    assert [each.paused for each in spec_in_cloud(train).triggers] == [True, True]


def test_a_trigger_saved_during_it_begins_paused_and_is_on_at_the_end(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User,
    new_pipeline: Callable[..., Pipeline],
) -> None:  # fmt: skip
    row = begin(member, connection)
    pipelines.update(actor=member, pipeline=train, triggers=[
        {**DAILY, "key": "t1"}, {**HOURLY, "key": "t2"}, {**DAILY, "cron": "0 9 * * *"},
    ])  # fmt: skip
    later = new_pipeline("Later")
    assert wishes(train) == {"t1": True, "t2": True, "t3": True}
    assert wishes(later) == {"t1": True}
    assert [each.paused for each in pipelines.spec_for(later, later.current_version).triggers] == [
        True
    ]
    end(member, row)
    assert (row.state, set(wishes(train).values()), wishes(later)) == (
        "ended", {False}, {"t1": False},
    )  # fmt: skip
    assert {key for _, _, key in cloud.calls} == {"t1", "t2"}  # the new ones are in no cloud yet


def test_what_another_hand_had_stopped_is_not_started(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    cloud.paused.add(("train", "t1"))
    train.triggers.filter(key="t1").update(state="paused")
    row = begin(member, connection)
    end(member, row)
    assert (wishes(train)["t1"], cloud.paused) == (False, {("train", "t1")})


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_at_once_the_last_one_restores(
    first: int, cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    both = [begin(member, connection), begin(member, pipelines=[train])]
    end(member, both[first])
    assert wishes(train) == {"t1": True, "t2": True}
    end(member, both[1 - first])
    assert (wishes(train), cloud.paused) == ({"t1": False, "t2": False}, set())
    assert {row.state for row in Maintenance.objects.all()} == {"ended"}


def test_chosen_pipelines_leave_the_others_alone(
    cloud: PausingCloud, train: Pipeline, deployed: Pipeline, member: User
) -> None:
    row = begin(member, pipelines=[train])
    assert set(row.triggers.values_list("trigger__pipeline", flat=True)) == {train.pk}
    assert wishes(deployed) == {"t1": False}


def test_a_planned_one_is_cancelled_without_a_trace(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User
) -> None:
    row = begin(member, connection, since=timezone.now() + HOUR)
    launch.end_maintenance(actor=member, maintenance=row)
    row.refresh_from_db()
    assert (row.state, MaintenanceTrigger.objects.count(), maintaining.due()) == (
        "cancelled",
        0,
        [],
    )
    with pytest.raises(NotPossible):
        launch.end_maintenance(actor=member, maintenance=row)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"reason": " "}, "reason"), ({"connection": None}, "pipelines"),
        ({"until": timezone.now() - HOUR}, "until"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(
    asked: dict[str, Any], field: str, connection: Connection, member: User
) -> None:
    usual = {"actor": member, "connection": connection, "reason": "Because"}
    with pytest.raises(InvalidInput) as refused:
        maintenances.plan(**{**usual, **asked})
    assert [each.field for each in refused.value.problems] == [field]


def test_a_tick_sends_what_is_due_once(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User, messages: Any
) -> None:
    launch.request_maintenance(actor=member, connection=connection, reason="Because")
    launch.enqueue_due_maintenances()
    launch.enqueue_due_maintenances()
    sent = [name for name, _ in messages()]
    assert sent == ["dashboard.tasks.perform_maintenance"]
    assert Trigger.objects.filter(paused=True).count() == 0


class SandboxClock:
    """A clock that says where it was put."""

    def __init__(self) -> None:
        self.now = timezone.now().replace(microsecond=0)
        self.stops: list[timedelta] = []

    def look(self, control: str) -> Reading:
        return Reading(now=self.now, speed=1.0)

    def advance(self, control: str, delta: timedelta) -> Reading:
        self.now += delta
        self.stops.append(delta)
        return Reading(now=self.now, speed=1.0)


def test_a_fast_forward_stops_where_it_begins_and_where_it_ends(
    cloud: PausingCloud, train: Pipeline, connection: Connection, member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clock = SandboxClock()
    monkeypatch.setattr(sandbox, "sandbox_clock", clock)
    monkeypatch.setattr(sandbox, "_pull_all", lambda: None)
    begin_at = clock.now + HOUR
    row = begin(member, connection, since=begin_at, until=begin_at + 2 * HOUR)
    end_at = clock.now + 6 * HOUR
    sandbox.advance(actor=member, delta=6 * HOUR)
    row.refresh_from_db()
    assert (row.state, clock.now) == ("ended", end_at)
    assert [round(stop / HOUR) for stop in clock.stops] == [1, 2, 3]
    held = row.triggers.first()
    assert abs(held.paused_at - begin_at) < timedelta(minutes=1)
    assert abs(held.restored_at - begin_at - 2 * HOUR) < timedelta(minutes=1)
    assert [call for call, _, _ in cloud.calls] == ["pause", "pause", "resume", "resume"]
