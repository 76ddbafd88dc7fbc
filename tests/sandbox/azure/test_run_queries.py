"""Queries of history: windows, filters, orders and pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.sandbox.azure.definitions import pipeline, wait
from tests.sandbox.azure.running import Factory


def test_pages_follow_on_each_other(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w", 1)))
    begun = [adf.start("p") for _ in range(130)]
    adf.azure.advance("PT1H")

    found: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = adf.client.pipeline_runs.query_by_factory(
            *adf.where,
            {"lastUpdatedAfter": "2027-01-01T00:00:00Z",
             "lastUpdatedBefore": "2028-01-01T00:00:00Z", **token},
        )  # fmt: skip
        found += [each.run_id for each in page.value]
        if not page.continuation_token:
            break
        token = {"continuationToken": page.continuation_token}
    assert len(page.value) == 30
    assert sorted(found) == sorted(begun)


def test_filters_and_orders(adf: Factory) -> None:
    for name in ("a", "b"):
        adf.put(name, pipeline(wait("w", 60)))
    first = adf.run("a")["runId"]
    second = adf.start("b")

    def ids(operand: str, operator: str, *values: str, **more: Any) -> list[str]:
        filters = [{"operand": operand, "operator": operator, "values": list(values)}]
        return [run["runId"] for run in adf.runs(filters=filters, **more)]

    assert ids("PipelineName", "Equals", "a") == [first]
    assert ids("PipelineName", "NotEquals", "a") == [second]
    assert ids("Status", "In", "Queued", "InProgress") == [second]
    assert ids("Status", "NotIn", "Queued") == [first]
    upwards = [{"orderBy": "RunStart", "order": "ASC"}]
    assert [run["runId"] for run in adf.runs(orderBy=upwards)] == [first, second]
    assert [run["runId"] for run in adf.runs()] == [second, first]
    with pytest.raises(HttpResponseError):
        ids("Colour", "Equals", "red")


def test_the_window_is_of_the_last_update(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w", 600)))
    id = adf.start("p")
    begun = adf.azure.now()
    adf.azure.advance("PT1H")

    def within(after: timedelta, before: timedelta) -> list[str]:
        window = {"lastUpdatedAfter": (begun + after).isoformat(),
                  "lastUpdatedBefore": (begun + before).isoformat()}  # fmt: skip
        return [run["runId"] for run in adf.runs(**window)]

    assert within(timedelta(minutes=-1), timedelta(minutes=5)) == []
    assert within(timedelta(minutes=9), timedelta(minutes=15)) == [id]
    with pytest.raises(HttpResponseError):
        adf.runs(lastUpdatedAfter=None)


def test_history_is_kept_for_45_days(adf: Factory) -> None:
    adf.put("p", pipeline(wait("w")))
    adf.run("p")
    adf.azure.advance("P44D")
    assert len(adf.runs()) == 1
    adf.azure.advance("P2D")
    assert adf.runs() == []


def test_activities_are_filtered_by_name_and_status(adf: Factory) -> None:
    adf.put("p", pipeline(wait("a"), wait("b")))
    run = adf.run("p")["runId"]
    named = [{"operand": "ActivityName", "operator": "Equals", "values": ["b"]}]
    assert [each["activityName"] for each in adf.activities(run, filters=named)] == ["b"]
    failed = [{"operand": "Status", "operator": "Equals", "values": ["Failed"]}]
    assert adf.activities(run, filters=failed) == []
