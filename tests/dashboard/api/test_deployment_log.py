"""The log: read in parts, each line once, until it says that it has ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from dashboard.models import Deployment, DeploymentLine, Pipeline
from tests.dashboard.api.conftest import Caller


@pytest.fixture
def running(pipeline: Pipeline, new_deployment: Callable[..., Deployment]) -> Deployment:
    return new_deployment(pipeline, status="running")


def write(row: Deployment, count: int) -> None:
    """As the log is saved: lines and their number at once."""
    numbers = range(row.last_line + 1, row.last_line + count + 1)
    DeploymentLine.objects.bulk_create(
        DeploymentLine(
            deployment=row, n=n, time=timezone.now(), level="info", text=f"line {n}",
            resource="urn:pulumi:a" if n % 2 else "",
        )
        for n in numbers
    )  # fmt: skip
    row.last_line += count
    row.save()


def test_lines_have_number_time_level_resource_and_text(api: Caller, running: Deployment) -> None:
    write(running, 2)
    first, second = api.get(f"/deployments/{running.pk}/log")["lines"]
    assert (first["n"], first["level"], first["text"]) == (1, "info", "line 1")
    assert (first["resource"], second["resource"]) == ("urn:pulumi:a", None)


def test_a_reader_who_asks_after_the_last_gets_every_line_once(
    api: Caller, running: Deployment
) -> None:
    seen: list[int] = []
    last, final, turn = 0, False, 0
    while not final:
        part = api.get(f"/deployments/{running.pk}/log?after={last}&limit=3")
        seen += [line["n"] for line in part["lines"]]
        last, final = part["last"], part["final"]
        turn += 1
        if turn in (1, 3):
            write(running, 4)
        if turn == 4:
            write(running, 5)
            running.status = "succeeded"
            running.save()
    assert seen == list(range(1, 14))
    assert last == 13


def test_the_end_is_final_only_with_the_last_line(api: Caller, running: Deployment) -> None:
    write(running, 4)
    path = f"/deployments/{running.pk}/log"
    assert api.get(path)["final"] is False
    running.status = "failed"
    running.save()
    assert api.get(path)["final"] is True
    part = api.get(f"{path}?limit=3")
    assert (part["last"], part["final"]) == (3, False)
    assert api.get(f"{path}?after=3&limit=1")["final"] is True


def test_asking_after_lines_that_are_not_there_yet_waits(api: Caller, running: Deployment) -> None:
    write(running, 2)
    path = f"/deployments/{running.pk}/log"
    assert api.get(f"{path}?after=2") == {"lines": [], "last": 2, "final": False}
    assert api.get(f"{path}?after=99") == {"lines": [], "last": 99, "final": False}
    assert api.get(f"{path}?after={2**31 - 1}")["lines"] == []


def test_a_thousand_lines_come_unless_more_are_asked_for(api: Caller, running: Deployment) -> None:
    write(running, 1200)
    path = f"/deployments/{running.pk}/log"
    assert api.get(path)["last"] == 1000
    assert api.get(f"{path}?limit=5000")["last"] == 1200
