"""An edit that is saved changes nothing in the cloud: lists and the agenda go by the cloud."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import queries
from dashboard.models import Pipeline, Trigger, User
from dashboard.services import pipelines

HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC", "key": "t1"}
MONTHLY = {**HOURLY, "cron": "0 6 1 * *"}


@pytest.fixture
def hourly(new_pipeline: Any) -> Pipeline:
    """Deployed, with a schedule that fires every hour, as the cloud confirmed."""
    row: Pipeline = new_pipeline("Churn", triggers=[HOURLY])
    Pipeline.objects.update(deployed_version=row.current_version, may_exist_in_cloud=True)
    row.triggers.update(state=Trigger.State.ACTIVE, next=_full_hour())
    row.refresh_from_db()
    return row


def _full_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def test_a_removed_schedule_is_listed_until_it_is_deployed(hourly: Pipeline, member: User) -> None:
    due = hourly.triggers.get().next
    pipelines.update(actor=member, pipeline=hourly, triggers=[])
    assert queries.pipeline_triggers(hourly) == []
    assert [one.key for one in queries.shown_triggers(hourly)] == ["t1"]
    assert [row.next for row in queries.pipeline_list(member)] == [due]
    assert len(queries.agenda(member, timezone.now())) == 24
    hourly.triggers.update(state=Trigger.State.MISSING, next=None)
    assert queries.shown_triggers(hourly) == []


def test_the_agenda_goes_by_what_is_deployed(hourly: Pipeline, member: User) -> None:
    pipelines.update(actor=member, pipeline=hourly, triggers=[MONTHLY])
    assert len(queries.agenda(member, timezone.now())) == 24


def test_a_new_schedule_is_not_in_the_cloud_yet(hourly: Pipeline, member: User) -> None:
    more = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "UTC"}
    pipelines.update(actor=member, pipeline=hourly, triggers=[MONTHLY, more])
    changed, new = queries.shown_triggers(hourly)
    was = queries.as_deployed(changed)
    assert (changed.cron, was and was.cron) == ("0 6 1 * *", "0 * * * *")
    assert queries.as_deployed(new) is None
