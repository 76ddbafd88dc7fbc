"""Runs: the list in pages, its filters, and one run with its steps."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Pipeline, Run, Step
from tests.dashboard.api.conftest import START, Caller, fields

NewRun = Callable[..., Run]


def ids(page: dict[str, Any]) -> list[int]:
    return [each["id"] for each in page["items"]]


def test_a_run_says_what_it_is(api: Caller, pipeline: Pipeline, new_run: NewRun) -> None:
    trigger = pipeline.triggers.get()
    row = new_run(pipeline, trigger=trigger, trigger_kind="schedule")
    (item,) = api.get("/runs")["items"]
    assert item == {
        "id": row.pk, "pipeline": pipeline.pk, "cloud_id": row.cloud_id, "status": "succeeded",
        "cloud_status": "Succeeded", "started": "2026-03-02T01:00:00Z",
        "finished": "2026-03-02T01:05:00Z", "trigger": "t1", "trigger_kind": "schedule",
        "cause": "", "reason": "",
    }  # fmt: skip


def test_what_started_it_is_a_key_manual_or_unknown(
    api: Caller, pipeline: Pipeline, new_run: NewRun
) -> None:
    trigger = pipeline.triggers.get()
    new_run(pipeline, trigger=trigger, trigger_kind="schedule")
    new_run(pipeline, trigger_kind="manual")
    new_run(pipeline)
    found = [(each["trigger"], each["trigger_kind"]) for each in api.get("/runs")["items"]]
    assert found == [(None, None), ("manual", "manual"), ("t1", "schedule")]


def test_pages_are_stable_while_new_runs_arrive(
    api: Caller, pipeline: Pipeline, new_run: NewRun
) -> None:
    same = START + timedelta(days=1)
    rows = [new_run(pipeline) for _ in range(4)]
    rows += [new_run(pipeline, started=same, cloud_id=f"same-{n}") for n in range(4)]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/runs?limit=3&cursor={cursor}")
        seen += ids(page)
        cursor = page["next"]
        new_run(pipeline, started=START + timedelta(days=2), cloud_id=f"new-{cursor}")
        new_run(pipeline, started=same, cloud_id=f"tie-{cursor}")
    assert seen == [row.pk for row in sorted(rows, key=lambda r: (r.started, r.pk), reverse=True)]


def test_the_last_page_has_no_next(api: Caller, pipeline: Pipeline, new_run: NewRun) -> None:
    assert api.get("/runs") == {"items": [], "next": None}
    for _ in range(3):
        new_run(pipeline)
    assert api.get("/runs?limit=3")["next"] is None
    assert api.get("/runs?limit=2")["next"]


def test_filters_can_be_joined(
    api: Caller, new_pipeline: Callable[..., Pipeline], new_run: NewRun
) -> None:
    mine, other = new_pipeline(), new_pipeline("Other")
    first, second, third = (
        new_run(mine), new_run(mine, "failed"), new_run(mine, "failed")
    )  # fmt: skip
    foreign = new_run(other, "failed")
    assert ids(api.get(f"/runs?pipeline={mine.pk}")) == [third.pk, second.pk, first.pk]
    assert ids(api.get("/runs?status=failed")) == [foreign.pk, third.pk, second.pk]
    assert ids(api.get(f"/runs?status=failed&pipeline={mine.pk}")) == [third.pk, second.pk]
    assert ids(api.get("/runs?since=2026-03-02T03:00:00Z")) == [foreign.pk, third.pk]
    assert ids(api.get("/runs?until=2026-03-02T03:00:00Z")) == [second.pk, first.pk]
    both = "/runs?since=2026-03-02T02:00:00Z&until=2026-03-02T04:00:00Z&status=failed"
    assert ids(api.get(both)) == [third.pk, second.pk]
    assert ids(api.get("/runs?since=2026-03-02T05:00:00%2B02:00")) == [foreign.pk, third.pk]
    page = api.get(f"/runs?status=failed&pipeline={mine.pk}&limit=1")
    rest = api.get(f"/runs?status=failed&pipeline={mine.pk}&limit=1&cursor={page['next']}")
    assert (ids(page), ids(rest), rest["next"]) == ([third.pk], [second.pk], None)
    assert ids(api.get("/runs?pipeline=999")) == []


@pytest.mark.parametrize("status", Run.Status.values)
def test_every_status_can_be_asked_for(
    status: str, api: Caller, pipeline: Pipeline, new_run: NewRun
) -> None:
    row = new_run(pipeline, status)
    assert ids(api.get(f"/runs?status={status}")) == [row.pk]


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%00", "=", "é", "a" * 5000,
        cursor_of("no cursor"),
        cursor_of("2026-03-02T01:00:00 5"),
        cursor_of("2026-03-02T01:00:00+00:00 five"),
        cursor_of("2026-03-02T01:00:00+00:00"),
        cursor_of("0001-01-01T00:00:00+14:00 5"),
        cursor_of("9999-12-31T23:59:59-14:00 5"),
        cursor_of("2026-03-02T01:00:00+00:00 " + "9" * 30),
        cursor_of("2026-03-02T01:00:00+00:00 " + "9" * 5000),
        cursor_of("2026-03-02T01:00:00+00:00 -5"),
    ],
)  # fmt: skip
def test_a_cursor_of_no_list_is_refused(cursor: str, api: Caller, run: Run) -> None:
    refused = api.get(f"/runs?cursor={cursor}", expect=422)
    assert set(fields(refused)) == {"cursor"}


def test_one_run_has_its_steps_in_order(api: Caller, run: Run) -> None:
    for position, (name, status) in enumerate([("prepare", "succeeded"), ("train", "failed")]):
        Step.objects.create(
            run=run, position=position, name=name, kind="Processing", status=status,
            cloud_status=status.title(), started=run.started, finished=None,
            reason="No such bucket" if status == "failed" else "",
            after=["prepare"] if status == "failed" else [],
        )  # fmt: skip
    Run.objects.update(parameters={"Rate": "1"}, started_by="ada", reason="A step failed")
    shown = api.get(f"/runs/{run.pk}")
    assert [each["name"] for each in shown["steps"]] == ["prepare", "train"]
    assert shown["steps"][1] == {
        "name": "train", "kind": "Processing", "status": "failed", "cloud_status": "Failed",
        "started": "2026-03-02T01:00:00Z", "finished": None, "reason": "No such bucket",
        "attempt": 1, "cloud_id": "", "after": ["prepare"],
    }  # fmt: skip
    assert (shown["parameters"], shown["started_by"], shown["reason"]) == (
        {"Rate": "1"}, "ada", "A step failed",
    )  # fmt: skip


def test_one_that_goes_on_has_no_end(api: Caller, pipeline: Pipeline, new_run: NewRun) -> None:
    row = new_run(pipeline, "running", finished=None, cloud_status="Executing")
    shown = api.get(f"/runs/{row.pk}")
    assert (shown["finished"], shown["cloud_status"], shown["steps"]) == (None, "Executing", [])
