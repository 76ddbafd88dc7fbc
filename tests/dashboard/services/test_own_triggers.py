"""What the rows of Skyclock's own triggers say, and when it changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import queries
from dashboard.models import AuditEntry, Connection, Hook, Pipeline, Trigger, User
from dashboard.services import hooks, own_triggers, pipelines, proofs, triggers
from tests.dashboard.services.begun import Begun, outcome
from tests.dashboard.services.chained import after, as_deployed

WEBHOOK = {"kind": "webhook"}


@pytest.fixture
def ingest(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    return as_deployed(new_pipeline("Ingest", triggers=[]))


@pytest.fixture
def train(new_pipeline: Callable[..., Pipeline], ingest: Pipeline) -> Pipeline:
    return new_pipeline("Train", triggers=[after(ingest)])


def standing(pipeline: Pipeline) -> tuple[str, str, bool]:
    row = pipeline.triggers.get()
    return row.state, row.message, row.active_since is not None


def test_it_begins_with_the_deployment_and_ends_with_it(
    train: Pipeline, new_deployment: Any
) -> None:
    assert standing(train) == ("unknown", "It begins when the pipeline is deployed.", False)
    Begun(new_deployment(train)).tell(outcome()).end()
    assert standing(train) == ("active", "", True)
    Begun(new_deployment(train, "destroy")).tell(outcome()).end()
    assert standing(train) == ("missing", "It begins when the pipeline is deployed.", False)


def test_a_deployed_one_follows_what_is_saved_at_once(
    ingest: Pipeline, new_pipeline: Any, member: User
) -> None:
    made = as_deployed(new_pipeline("Train", triggers=[]))
    pipelines.update(actor=member, pipeline=made, triggers=[after(ingest)])
    assert standing(made) == ("active", "", True)
    assert queries.as_deployed(made.triggers.get()) == made.triggers.get()
    pipelines.update(actor=member, pipeline=made, triggers=[])
    assert standing(made) == ("missing", "", False)
    assert queries.shown_triggers(made) == []


def test_a_pause_changes_rows_only(train: Pipeline, member: User) -> None:
    as_deployed(train)
    trigger = triggers.pause(actor=member, trigger=train.triggers.get())
    assert (trigger.paused, *standing(train)) == (True, "paused", "", False)
    triggers.resume(actor=member, trigger=trigger)
    assert standing(train) == ("active", "", True)
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"trigger.pause", "trigger.resume"} <= set(actions)


def test_one_that_was_paused_before_the_deployment_stays_so(
    train: Pipeline, member: User, new_deployment: Any
) -> None:
    triggers.pause(actor=member, trigger=train.triggers.get())
    Begun(new_deployment(train)).tell(outcome()).end()
    assert standing(train) == ("paused", "", False)


def test_an_upstream_that_is_not_deployed_is_named(
    train: Pipeline, ingest: Pipeline, new_deployment: Any
) -> None:
    as_deployed(train)
    Begun(new_deployment(ingest, "destroy")).tell(outcome()).end()
    message = "Ingest is not deployed, so for now none of its runs ends."
    assert standing(train) == ("active", message, True)
    Begun(new_deployment(ingest)).tell(outcome()).end()
    assert standing(train) == ("active", "", True)


def test_an_upstream_that_is_not_looked_at_is_named(train: Pipeline, connection: Any) -> None:
    as_deployed(train)
    Connection.objects.update(enabled=False)
    own_triggers.refresh(train)
    message = "The connection of Ingest is disabled, so for now no end is seen."
    assert standing(train) == ("active", message, True)


def test_those_without_own_triggers_cost_one_query(
    ingest: Pipeline, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        own_triggers.refresh(ingest)


def test_by_a_clock_that_runs_fast_it_begins_no_later_than_now(
    train: Pipeline, connection: Any
) -> None:
    now = timezone.now()
    Connection.objects.update(
        clock_ahead=timedelta(days=1), clock_speed=3600, clock_seen_at=now - timedelta(seconds=4)
    )
    as_deployed(train)
    assert train.triggers.get().active_since - now < timedelta(days=1, minutes=1)


def test_an_upstream_that_was_deleted_is_named(
    train: Pipeline, ingest: Pipeline, member: User
) -> None:
    as_deployed(train)
    Pipeline.objects.filter(pk=ingest.pk).update(may_exist_in_cloud=False)
    pipelines.delete(actor=member, pipeline=ingest)
    message = "The upstream pipeline Ingest was deleted, so this never fires."
    assert standing(train) == ("missing", message, False)


def test_a_webhook_needs_a_secret(new_pipeline: Any, member: User) -> None:
    made = as_deployed(new_pipeline("Hooked", triggers=[WEBHOOK]))
    no_secret = "It has no address yet: make its first secret."
    assert standing(made) == ("missing", no_secret, False)
    hooks.rotate(actor=member, trigger=made.triggers.get(), end_old=False)
    assert standing(made) == ("active", "", True)
    assert made.triggers.get().native == [own_triggers.address(Hook.objects.get())]


def test_what_a_deployment_proved_does_not_touch_it(train: Pipeline, new_deployment: Any) -> None:
    as_deployed(train)
    proofs.forget(train, keep=[])
    assert standing(train)[0] == "active"


def test_a_pause_at_the_same_moment_is_not_overwritten(
    train: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_deployed(train)
    told = own_triggers._standing

    def meanwhile(trigger: Trigger, pipeline: Pipeline) -> Any:
        Trigger.objects.filter(pk=trigger.pk).update(paused=True, state="paused")
        return told(trigger, pipeline)

    monkeypatch.setattr(own_triggers, "_standing", meanwhile)
    own_triggers.refresh(train)
    assert standing(train)[0] == "paused"
