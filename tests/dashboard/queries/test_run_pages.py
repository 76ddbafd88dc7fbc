from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard import queries
from dashboard.models import Pipeline, Run, User
from provisioning.errors import InvalidInput

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def add(pipeline: Pipeline) -> Callable[..., Run]:
    numbers: Iterator[int] = iter(range(1000))

    def added(minute: float, status: str = "succeeded", **more: Any) -> Run:
        usual = {"pipeline": pipeline, "cloud_id": f"r{next(numbers)}", "cloud_status": status}
        started = NOON + timedelta(minutes=minute)
        return Run.objects.create(started=started, status=status, **{**usual, **more})

    return added


def pages(user: User, **filters: Any) -> list[list[int]]:
    found, cursor = [], None
    while True:
        rows, cursor = queries.runs(user, cursor=cursor, **filters)
        found.append([row.pk for row in rows])
        if cursor is None:
            return found


def test_pages_are_newest_first_and_meet_without_gap_or_double(add: Any, member: User) -> None:
    # Several at the same moment, inserted out of order.
    rows = [add(minute) for minute in (3, 1, 2, 2, 2, 2, 5, 4)]
    expected = [row.pk for row in sorted(rows, key=lambda row: (row.started, row.pk))][::-1]
    for limit in (1, 2, 3, 7, 8, 50):
        found = pages(member, limit=limit)
        assert [id for page in found for id in page] == expected
        assert all(len(page) == limit for page in found[:-1])
        assert found[-1]


def test_no_runs_are_one_empty_page(member: User) -> None:
    assert pages(member) == [[]]


def test_what_comes_in_between_does_not_move_the_pages(add: Any, member: User) -> None:
    rows = [add(minute) for minute in range(4)]
    first, cursor = queries.runs(member, limit=2)
    add(100)
    second, _ = queries.runs(member, limit=2, cursor=cursor)
    assert [row.pk for row in first + second] == [row.pk for row in reversed(rows)]


def test_filters_go_together(add: Any, member: User, new_pipeline: Any, pipeline: Pipeline) -> None:
    other = new_pipeline("Other")
    wanted = add(10, "failed")
    add(10, "failed", pipeline=other)
    add(10, "succeeded")
    add(9, "failed")
    add(11, "failed")
    found = pages(
        member,
        pipeline=pipeline,
        status="failed",
        since=wanted.started,
        until=wanted.started + timedelta(minutes=1),
    )
    assert found == [[wanted.pk]]


@pytest.mark.parametrize("cursor", ["x", "====", "bm90IGEgY3Vyc29y", "\u00e9", "MjAyNi0xMS0yMSAx"])
def test_a_cursor_of_another_list_is_refused(member: User, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        queries.runs(member, cursor=cursor)
    assert caught.value.problems[0].field == "cursor"


def test_a_pipelines_own_list_goes_on_before_a_run(add: Any, pipeline: Pipeline) -> None:
    rows = [add(minute) for minute in (1, 2, 2, 3)]
    first = queries.pipeline_runs(pipeline, limit=2)
    rest = queries.pipeline_runs(pipeline, before=first[-1])
    assert [row.pk for row in first + rest] == sorted((row.pk for row in rows), reverse=True)
