"""A schedule that a cloud takes but for clock changes: what was accepted is no miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.models import Pipeline, Version
from tests.dashboard.services.recorded_cloud import RecordedCloud

START = datetime(2027, 3, 26, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEFORE = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)  # 02:30 in Berlin
CHANGE = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00
AFTER = datetime(2027, 3, 29, 0, 30, tzinfo=UTC)


@pytest.fixture
def accepted(deployed: Pipeline) -> Pipeline:
    nightly = {"kind": "schedule", "key": "t1", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    said = {**nightly, "accept_clock_changes": True, "accepted": "On 2027-03-28 …"}
    Version.objects.filter(pk=deployed.current_version_id).update(triggers=[said])
    deployed.current_version.refresh_from_db()
    return deployed


def ran(cloud: RecordedCloud, *moments: datetime) -> None:
    for moment in moments:
        cloud.has(f"{moment:%m%d%H%M}", "succeeded", moment, trigger="t1", finished=moment + HOUR)


def told(pipeline: Pipeline) -> list[tuple[datetime, str]]:
    return list(pipeline.occurrences.order_by("at").values_list("at", "status"))


def test_a_start_that_the_cloud_leaves_out_is_not_missed(
    cloud: RecordedCloud, accepted: Pipeline, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    ran(cloud, BEFORE, AFTER)
    pull(pipeline, AFTER + 2 * HOUR)
    assert told(pipeline) == [(BEFORE, "done"), (AFTER, "done")]


@pytest.mark.parametrize("came", [CHANGE, CHANGE + HOUR / 2])
def test_a_start_that_the_cloud_makes_all_the_same_is_done(
    cloud: RecordedCloud, accepted: Pipeline, promised: Any, pull: Any, came: datetime
) -> None:
    pipeline = promised(START)
    ran(cloud, BEFORE, came, AFTER)
    pull(pipeline, AFTER + 2 * HOUR)
    assert told(pipeline) == [(BEFORE, "done"), (CHANGE, "done"), (AFTER, "done")]


def test_a_second_start_at_the_change_is_not_extra_and_one_elsewhere_is(
    cloud: RecordedCloud, accepted: Pipeline, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    ran(cloud, BEFORE, CHANGE, CHANGE + HOUR, CHANGE + 5 * HOUR, AFTER)
    pull(pipeline, AFTER + 2 * HOUR)
    statuses = [status for _, status in told(pipeline)]
    assert statuses == ["done", "done", "extra", "done"]


def test_any_other_start_can_be_missed(
    cloud: RecordedCloud, accepted: Pipeline, promised: Any, pull: Any
) -> None:
    pipeline = promised(START)
    ran(cloud, AFTER)
    pull(pipeline, AFTER + 2 * HOUR)
    assert told(pipeline) == [(BEFORE, "missed"), (AFTER, "done")]
