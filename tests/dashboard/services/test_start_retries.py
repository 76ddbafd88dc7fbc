"""Retrying a Start that was refused: one run, with the token it had, and its entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import celery, launch
from dashboard.models import AuditEntry, Connection, Pipeline, Start, User
from dashboard.services import starts, triggers
from provisioning.errors import NotPossible, PermissionDenied, Throttled
from tests.dashboard.services.chained import after, as_deployed
from tests.dashboard.services.recorded_cloud import RecordedCloud


@pytest.fixture
def refused(cloud: RecordedCloud, new_pipeline: Callable[..., Pipeline]) -> Start:
    """Refused two days ago by a cloud that would take it now."""
    ingest = as_deployed(new_pipeline("Ingest", triggers=[]))
    train = as_deployed(new_pipeline("Train", triggers=[after(ingest)]))
    start = Start.objects.create(
        pipeline=train, trigger=train.triggers.get(), key="run 41", cause="run 41 of Ingest",
        requested_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    cloud.error = PermissionDenied("You may not.")
    starts.perform(start.pk)
    cloud.error = None
    start.refresh_from_db()
    assert start.state == "refused"
    return start


def test_it_is_owed_again_and_starts_with_the_token_it_had(
    cloud: RecordedCloud, refused: Start, member: User
) -> None:
    waiting = starts.retry(actor=member, start=refused)
    assert (waiting.state, waiting.attempts, waiting.ended_at) == ("waiting", 0, None)
    starts.perform(refused.pk)
    refused.refresh_from_db()
    assert (refused.state, refused.error) == ("started", "")
    assert refused.run
    assert [asked[2] for asked in cloud.asked if asked[0] == "start"] == [refused.token] * 2
    entry = AuditEntry.objects.get(action="start.retry")
    assert (entry.actor, entry.detail) == (
        member,
        {"pipeline": "Train", "cause": "run 41 of Ingest"},
    )


def test_it_is_sent_off_at_once(
    refused: Start,
    member: User,
    messages: Callable[[], list[Any]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        launch.retry_start(actor=member, start=refused)
    assert messages() == [(celery.PERFORM_START, [refused.pk])]


def test_it_has_another_day(cloud: RecordedCloud, refused: Start, member: User) -> None:
    cloud.error = Throttled("Slow down.")
    starts.retry(actor=member, start=refused)
    starts.perform(refused.pk)
    refused.refresh_from_db()
    assert (refused.state, refused.error) == ("waiting", "Slow down.")
    Start.objects.update(retried_at=timezone.now() - timedelta(hours=25))
    Start.objects.update(next_attempt_at=timezone.now())
    starts.perform(refused.pk)
    refused.refresh_from_db()
    assert (refused.state, refused.error) == ("refused", "Given up after 2 attempts: Slow down.")


@pytest.mark.parametrize("state", ["waiting", "started"])
def test_only_what_was_refused_is_retried(state: str, refused: Start, member: User) -> None:
    Start.objects.update(state=state, attempts=3)
    with pytest.raises(NotPossible, match="Only a start that was refused"):
        starts.retry(actor=member, start=refused)
    refused.refresh_from_db()
    assert (refused.state, refused.attempts) == (state, 3)
    assert not AuditEntry.objects.filter(action="start.retry").exists()


def test_not_while_the_trigger_is_paused(refused: Start, member: User) -> None:
    triggers.pause(actor=member, trigger=refused.trigger)
    with pytest.raises(NotPossible, match="paused"):
        starts.retry(actor=member, start=Start.objects.get())


def test_not_over_a_connection_that_may_only_observe(refused: Start, member: User) -> None:
    Connection.objects.update(level="observe")
    with pytest.raises(NotPossible, match="for observe only"):
        starts.retry(actor=member, start=Start.objects.get())
    assert Start.objects.get().state == "refused"
