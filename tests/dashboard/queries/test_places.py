"""The line of a Pipeline's queued Deployments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from dashboard import queries
from dashboard.models import Deployment, Pipeline
from dashboard.services import waiting


def words(row: Deployment) -> str:
    return waiting.phase_words(row, queries.place_of(row), timezone.now())


def test_whose_turn_it_is_waits_for_a_worker(pipeline: Pipeline, new_deployment: Any) -> None:
    row = new_deployment(pipeline)
    assert queries.place_of(row) == queries.Place(position=1)
    assert words(row) == "waiting for a worker to take it"
    row.phase = "waiting for the Pulumi engine: building it"
    assert words(row) == row.phase


def test_the_others_wait_for_the_one_that_runs(
    pipeline: Pipeline, new_pipeline: Any, new_deployment: Any
) -> None:
    started = timezone.now() - timedelta(minutes=2, seconds=1)
    running = new_deployment(pipeline, status="running", started_at=started)
    second, third = new_deployment(pipeline), new_deployment(pipeline, "destroy")
    other = new_deployment(new_pipeline("Other"))
    found = queries.places([running, second, third, other])
    assert {id: place.position for id, place in found.items()} == {
        second.pk: 2, third.pk: 3, other.pk: 1,
    }  # fmt: skip
    waits = f"waits for deployment {running.pk}, an up that mel asked for, running for 2 min"
    assert words(second).startswith(f"second in line: {waits}")
    assert words(third).startswith(f"third in line: {waits}")
    assert words(running) == ""


def test_one_that_was_approved_late_runs_before_those_asked_for_later(
    pipeline: Pipeline, new_deployment: Any
) -> None:
    first, later = new_deployment(pipeline), new_deployment(pipeline, status="running")
    place = queries.place_of(first)
    assert place
    assert (place.position, place.waits_for) == (2, later)


def test_what_waits_for_approval_is_in_nobodys_way(pipeline: Pipeline, new_deployment: Any) -> None:
    held = new_deployment(pipeline, status="awaiting_approval")
    assert queries.place_of(held) is None
    assert queries.place_of(new_deployment(pipeline)) == queries.Place(position=1)


def test_one_behind_one_that_has_not_started(pipeline: Pipeline, new_deployment: Any) -> None:
    first, second = new_deployment(pipeline, "refresh"), new_deployment(pipeline)
    assert words(second) == (
        f"second in line: waits for deployment {first.pk}, a refresh that mel asked for, "
        "not started yet"
    )


def test_the_tenth_has_a_number() -> None:
    assert waiting.in_line(queries.Place(position=10)) == "number 10 in line"
