"""The ledger as people read it: the strip, the table with its filter, and what needs a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Occurrence, Pipeline, Run
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from tests.dashboard.views.conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def promised(deployed: Pipeline) -> Pipeline:
    promises.deployed(deployed, deployed.current_version, Change(NOW - 9 * DAY, NOW - 9 * DAY))
    deployed.promises.update(written_until=NOW)
    Pipeline.objects.update(history_until=NOW)
    return deployed


@pytest.fixture
def occurred(promised: Pipeline) -> Callable[..., Occurrence]:
    def written(status: str, ago: timedelta, **values: Any) -> Occurrence:
        at = NOW - ago
        usual = {
            "due": None if status == "extra" else at, "at": at,
            "deadline": None if status == "extra" else at + timedelta(minutes=15),
            "trigger": promised.triggers.get(), "version": promised.deployed_version,
        }  # fmt: skip
        return Occurrence.objects.create(pipeline=promised, status=status, **{**usual, **values})

    return written


def ledger_of(browser: Client, pipeline: Pipeline, query: str = "") -> str:
    answer = browser.get(f"/pipelines/{pipeline.pk}/ledger/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_start_has_its_run_or_the_reason(
    as_member: Client, promised: Pipeline, occurred: Any, new_run: Callable[..., Run]
) -> None:
    run = new_run(promised, ago=60)
    occurred("late", HOUR, run=run, late_seconds=300)
    occurred("missed", DAY, cause_code="trigger_stopped", cause="It was stopped in the cloud.")
    occurred("missed", 2 * DAY)
    occurred("extra", 3 * DAY)
    text = ledger_of(as_member, promised)
    assert f'href="/runs/{run.pk}"' in text
    assert "5 min after" in text
    assert "It was stopped in the cloud." in text
    assert "The cloud reports no run, and gives no reason." in text
    assert "nothing had promised it" in text
    assert "last 7 days: 1 late, 2 missed, 1 extra" in text


def test_what_is_overdue_and_was_not_read_is_unknown(
    as_member: Client, promised: Pipeline, occurred: Any
) -> None:
    Pipeline.objects.update(sync_error="AWS does not answer.")
    occurred("due", HOUR)
    text = ledger_of(as_member, promised, "?status=unknown")
    assert 'data-state="unknown"' in text
    assert "could not be read: AWS does not answer." in text
    assert "No start fits." in ledger_of(as_member, promised, "?status=due")


def test_it_is_filtered_and_paged(as_member: Client, promised: Pipeline, occurred: Any) -> None:
    for n in range(60):
        occurred("done", n * HOUR)
    occurred("missed", 70 * HOUR)
    first = ledger_of(as_member, promised)
    assert first.count("<tr>") == 51
    older = Occurrence.objects.filter(status="done").order_by("-at")[49].pk
    assert f"before={older}" in first
    assert ledger_of(as_member, promised, f"?before={older}").count("<tr>") == 12
    assert ledger_of(as_member, promised, "?status=missed").count("<tr>") == 2
    assert as_member.get(f"/pipelines/{promised.pk}/ledger/?before=999999").status_code == 404


def test_more_rows_need_no_more_queries(
    as_member: Client, promised: Pipeline, occurred: Any, new_run: Callable[..., Run]
) -> None:
    def count() -> int:
        with CaptureQueriesContext(database) as seen:
            ledger_of(as_member, promised)
        return len(seen)

    occurred("done", HOUR, run=new_run(promised, ago=60))
    before = count()
    for n in range(2, 22):
        occurred("done", n * HOUR, run=new_run(promised, ago=60 * n))
    assert count() == before


def test_the_page_of_the_runs_shows_the_strip(
    as_member: Client, promised: Pipeline, occurred: Any
) -> None:
    occurred("missed", DAY)
    text = as_member.get(f"/pipelines/{promised.pk}").content.decode()
    assert "Promise against observation" in text
    assert "strip-mark tone-red" in text


def test_a_pipeline_without_a_schedule_says_what_belongs_here(
    as_member: Client, pipeline: Pipeline
) -> None:
    assert "No schedule of this pipeline is deployed." in ledger_of(as_member, pipeline)
    text = as_member.get(f"/pipelines/{pipeline.pk}").content.decode()
    assert "Promise against observation" not in text


def test_the_overview_tells_what_was_missed_and_what_was_late(
    as_member: Client, promised: Pipeline, occurred: Any
) -> None:
    occurred("missed", 2 * HOUR, cause_code="permission_denied", cause="Its role may not.")
    occurred("missed", 3 * HOUR)
    occurred("late", 4 * HOUR, late_seconds=600)
    occurred("missed", 3 * DAY, cause_code="x", cause="Long ago.")
    text = as_member.get("/").content.decode()
    assert f'href="/pipelines/{promised.pk}/ledger/?status=missed">2 starts of Churn' in text
    assert "Its role may not." in text
    assert "It began 10 min after it was due." in text
    assert "Long ago." not in text


def test_a_stranger_sees_no_ledger(promised: Pipeline, anonymous: Client) -> None:
    assert anonymous.get(f"/pipelines/{promised.pk}/ledger/").status_code == 302
