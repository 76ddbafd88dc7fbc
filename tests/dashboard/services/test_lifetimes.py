"""Lifetimes: a Pipeline is destroyed at its end, never without a shown promise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import tasks
from dashboard.models import AuditEntry, Connection, Deployment, Lifetime, Pipeline, User
from dashboard.services import lifetimes
from provisioning.errors import InvalidInput, NotPossible
from tests.dashboard.services.begun import outcome

HOUR = timedelta(hours=1)


def end_in(pipeline: Pipeline, member: User, ahead: timedelta = HOUR, **more: Any) -> Lifetime:
    usual = {"confirm": pipeline.name, "timezone": "Europe/Berlin"}
    ends_at = timezone.now() + ahead
    return lifetimes.set_end(actor=member, pipeline=pipeline, ends_at=ends_at, **{**usual, **more})


def let_it_end() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Lifetime.objects.update(ends_at=past, due_at=past)


def destroys(pipeline: Pipeline) -> list[Deployment]:
    return list(pipeline.deployments.filter(operation="destroy"))


def test_it_wants_the_name_and_an_end_that_can_be(deployed: Pipeline, member: User) -> None:
    for wrong in ({"confirm": "churn"}, {"confirm": ""}, {"timezone": "Mars/Phobos"}):
        with pytest.raises(InvalidInput):
            end_in(deployed, member, **wrong)
    for ahead in (-HOUR, timedelta(minutes=1), timedelta(days=4000)):
        with pytest.raises(InvalidInput):
            end_in(deployed, member, ahead)
    assert not Lifetime.objects.exists()
    end_in(deployed, member)
    assert AuditEntry.objects.get(action="lifetime.set").actor == member


def test_a_later_end_needs_no_name_and_an_earlier_one_does(
    deployed: Pipeline, member: User
) -> None:
    end_in(deployed, member)
    end_in(deployed, member, 2 * HOUR, confirm="")
    with pytest.raises(InvalidInput):
        end_in(deployed, member, HOUR, confirm="")
    assert Lifetime.objects.get().ends_at > timezone.now() + HOUR


def test_nothing_is_destroyed_before_its_end(deployed: Pipeline, member: User) -> None:
    end_in(deployed, member)
    tasks.tick()
    assert destroys(deployed) == []


def test_at_its_end_the_destroy_is_asked_for_once_and_by_nobody(
    deployed: Pipeline, member: User
) -> None:
    end_in(deployed, member)
    let_it_end()
    tasks.tick()
    tasks.tick()
    (destroy,) = destroys(deployed)
    assert (destroy.requested_by, Lifetime.objects.get().deployment) == (None, destroy)
    asked = AuditEntry.objects.get(action="deployment.request")
    assert (asked.actor, asked.detail["operation"]) == (None, "destroy")


def test_a_destroyed_pipeline_has_no_end_any_more(
    begin: Any, deployed: Pipeline, member: User
) -> None:
    end_in(deployed, member)
    begin("destroy").tell(outcome(outputs=None)).end()
    assert not Lifetime.objects.exists()


def test_a_destroy_that_failed_stays_to_be_seen(deployed: Pipeline, member: User) -> None:
    end_in(deployed, member)
    let_it_end()
    tasks.tick()
    Deployment.objects.update(status="failed", error={"summary": "The bucket is not empty."})
    tasks.tick()
    assert len(destroys(deployed)) == 1
    assert Lifetime.objects.get().deployment.status == "failed"
    end_in(deployed, member)
    assert Lifetime.objects.get().deployment is None, "a new end is a new promise"


def test_what_cannot_be_asked_for_says_why_and_is_tried_again(
    deployed: Pipeline, connection: Connection, member: User
) -> None:
    end_in(deployed, member)
    let_it_end()
    Connection.objects.update(enabled=False)
    tasks.tick()
    lifetime = Lifetime.objects.get()
    assert "is disabled" in lifetime.error
    assert lifetime.due_at > timezone.now()
    Connection.objects.update(enabled=True)
    let_it_end()
    tasks.tick()
    assert len(destroys(deployed)) == 1
    assert Lifetime.objects.get().error == ""


def test_of_what_is_not_in_the_cloud_only_the_promise_ends(
    pipeline: Pipeline, member: User
) -> None:
    end_in(pipeline, member)
    let_it_end()
    tasks.tick()
    assert destroys(pipeline) == []
    assert not Lifetime.objects.exists()
    assert AuditEntry.objects.get(action="lifetime.end").actor is None


def test_it_can_be_taken_away(deployed: Pipeline, member: User) -> None:
    with pytest.raises(NotPossible):
        lifetimes.remove(actor=member, pipeline=deployed)
    end_in(deployed, member)
    lifetimes.remove(actor=member, pipeline=deployed)
    let_it_end()
    tasks.tick()
    assert destroys(deployed) == []


def test_a_connection_that_may_not_deploy_takes_none(
    deployed: Pipeline, connection: Connection, member: User
) -> None:
    Connection.objects.update(level="observe")
    with pytest.raises(NotPossible, match="observe only"):
        end_in(deployed, member)
