"""What a log of events comes to, at any of them."""

from __future__ import annotations

import random
from typing import Any

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    FAILED,
    REFUSED,
    REGISTERED,
    REQUESTED,
    STARTED,
    STOPPED,
    SUCCEEDED,
)
from provisioning.blueprints.aws_event_sourced_training.folding import fold
from provisioning.contracts import LoggedEvent
from tests.provisioning.blueprints.sourced import logged

DATA = {"detail": {"data": "s3://b/one.csv"}}


def registered(job: str, version: int, minute: int = 4) -> LoggedEvent:
    detail = {"group": "skyclock-churn", "version": str(version)}
    return logged(REGISTERED, job, minute, detail=detail)


STORY = [
    logged("dataset.ready", "none", source="example.data"),
    logged(REQUESTED, "a", 1, **DATA),
    logged(STARTED, "a", 2),
    logged(SUCCEEDED, "a", 3),
    registered("a", 1),
]


def test_the_state_can_be_seen_at_any_event() -> None:
    found = [fold(STORY[:count]) for count in range(len(STORY) + 1)]
    assert [state.step for state in found] == [
        "waiting", "waiting", "requested", "training", "trained", "trained",
    ]  # fmt: skip
    assert {state.data for state in found[2:]} == {"s3://b/one.csv"}
    assert [state.model for state in found[-2:]] == ["", "skyclock-churn version 1"]
    assert found[3].since == STORY[2].time


def test_a_failure_keeps_the_last_good_model() -> None:
    failed = logged(FAILED, "b", 7, detail={"reason": "no rows"})
    found = fold([*STORY, logged(REQUESTED, "b", 6, detail={"data": "s3://b/two.csv"}), failed])
    assert (found.step, found.data) == ("failed", "s3://b/two.csv")
    assert found.model == "skyclock-churn version 1"
    assert found.facts["reason"] == "no rows"
    assert (found.facts["trained"], found.facts["failed"]) == ("1", "1")


def test_what_is_told_twice_counts_once() -> None:
    twice = [each for event in STORY for each in (event, event)]
    assert fold(twice) == fold(STORY)


def test_a_replayed_event_does_not_count() -> None:
    replayed = [each.model_copy(update={"replay": "r", "id": each.id}) for each in STORY]
    assert fold([*STORY, *replayed]) == fold(STORY)
    assert fold(replayed).step == "waiting"


def test_events_that_overtake_each_other_come_to_the_same() -> None:
    """EventBridge keeps no order within a second."""
    wanted = fold(STORY)
    for seed in range(20):
        shuffled = random.Random(seed).sample(STORY, len(STORY))
        found = fold(shuffled)
        assert (found.step, found.data, found.model) == (wanted.step, wanted.data, wanted.model)


def test_many_at_once_are_counted_by_step() -> None:
    many: list[Any] = [logged(REQUESTED, f"j{number}") for number in range(200)]
    many += [logged(SUCCEEDED, f"j{number}", 1) for number in range(150)]
    many += [logged(STOPPED, "j150", 1), logged(REFUSED, "j151", 1)]
    facts = fold(many).facts
    assert facts["trained"] == "150"
    assert (facts["requested"], facts["stopped"], facts["failed"]) == ("48", "1", "1")


def test_strangers_events_change_nothing() -> None:
    strange = [
        logged(SUCCEEDED, "a", source="somebody.else"),
        LoggedEvent(id="x", time=STORY[0].time, source="skyclock.training", type="odd"),
    ]
    assert fold(strange).step == "waiting"
