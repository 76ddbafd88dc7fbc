"""The ledger over the API, in the shapes that it promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from dashboard.models import Connection, Occurrence, Pipeline, Run
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from tests.dashboard.api.conftest import Caller

START = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
FIRST = datetime(2027, 2, 2, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def promised(deployed: Pipeline) -> Pipeline:
    promises.deployed(deployed, deployed.current_version, Change(START, START))
    now = timezone.now()
    Connection.objects.update(clock_ahead=FIRST + DAY - timedelta(hours=1) - now, clock_seen_at=now)
    deployed.promises.update(written_until=FIRST + DAY)
    return deployed


@pytest.fixture
def address(promised: Pipeline) -> str:
    return f"/pipelines/{promised.pk}/occurrences"


def asked(api: Caller, address: str, expect: int = 200, **span: datetime) -> Any:
    return api.get(f"{address}?{urlencode({k: v.isoformat() for k, v in span.items()})}", expect)


def written(pipeline: Pipeline, **values: Any) -> Occurrence:
    usual = {"trigger": pipeline.triggers.get(), "at": values.get("due")}
    return Occurrence.objects.create(pipeline=pipeline, **{**usual, **values})


@pytest.mark.parametrize("span", ["since=9999-12-31T23:59:59Z", "until=9999-12-31T23:59:59Z",
                                  "until=0001-01-01T00:00:00Z"])  # fmt: skip
def test_a_time_beyond_all_schedules_is_refused(api: Caller, address: str, span: str) -> None:
    found = api.get(f"{address}?{span}", 422)
    assert [(each["field"], each["message"]) for each in found["problems"]] == [
        (span.partition("=")[0], "Choose a year from 1970 to 2199.")
    ]


def test_past_and_future_in_order(api: Caller, promised: Pipeline, address: str) -> None:
    run = Run.objects.create(
        pipeline=promised, cloud_id="r", status="succeeded", cloud_status="", started=FIRST
    )
    written(promised, due=FIRST, status="late", run=run, late_seconds=300)
    written(
        promised, due=FIRST - DAY, status="missed", cause_code="trigger_stopped", cause="Stopped."
    )
    written(promised, due=None, at=FIRST + timedelta(hours=1), status="extra")
    found = asked(api, address, since=START - DAY, until=FIRST + 2 * DAY)
    due = [(FIRST + n * DAY).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(-1, 2)]
    assert found == [
        {
            "due": due[0], "status": "missed", "run": None, "late_seconds": None,
            "cause": {"code": "trigger_stopped", "message": "Stopped."},
        },
        {"due": due[1], "status": "late", "run": run.pk, "late_seconds": 300, "cause": None},
        {"due": None, "status": "extra", "run": None, "late_seconds": None, "cause": None},
        {"due": due[2], "status": "due", "run": None, "late_seconds": None, "cause": None},
    ]  # fmt: skip


def test_without_a_span_it_is_the_last_week_and_the_next_day(api: Caller, address: str) -> None:
    found = api.get(address)
    assert [each["due"] for each in found] == ["2027-02-03T05:00:00Z"]


def test_a_span_that_is_none_or_too_long(api: Caller, promised: Pipeline, address: str) -> None:
    backwards = asked(api, address, 422, since=FIRST, until=START)
    assert backwards["problems"][0]["field"] == "until"
    every = promised.promises.get()
    every.definition["cron"] = "* * * * *"
    every.save()
    many = asked(api, address, 422, since=START, until=FIRST + 30 * DAY)
    assert many["problems"][0]["code"] == "too-many"


def test_the_number_of_queries_does_not_grow(
    api: Caller, promised: Pipeline, address: str, django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        written(promised, due=FIRST - n * DAY, status="done")
    with django_assert_max_num_queries(8):
        assert len(asked(api, address, since=FIRST - 60 * DAY)) == 51
