"""Versions over the API, rolling back to one, and retries of what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Deployment, Pipeline, User
from dashboard.services import pipelines
from tests.dashboard.api.conftest import Caller

HOURLY = {"key": "t1", "kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


@pytest.fixture
def two(deployed: Pipeline, new_deployment: Callable[..., Deployment], member: User) -> Pipeline:
    new_deployment(deployed, status="succeeded", finished_at=timezone.now())
    pipelines.update(actor=member, pipeline=deployed, triggers=[HOURLY], note="Hourly now")
    return deployed


def test_versions_tell_who_when_why_and_where(two: Pipeline, api: Caller) -> None:
    page = api.get(f"/pipelines/{two.pk}/versions")
    newest, first = page["items"]
    assert (newest["number"], newest["note"], newest["created_by"]) == (2, "Hourly now", "mel")
    assert (newest["current"], newest["deployed"], newest["deployed_at"]) == (True, False, [])
    assert (first["current"], first["deployed"], len(first["deployed_at"])) == (False, True, 1)
    assert page["next"] is None
    assert api.get(f"/pipelines/{two.pk}/versions?limit=1")["next"] == "2"
    whole = api.get(f"/pipelines/{two.pk}/versions/1")
    assert whole["settings"]["steps"] and whole["triggers"][0]["cron"] == "0 6 * * *"
    api.get(f"/pipelines/{two.pk}/versions/7", expect=404)


def test_changes_between_two(two: Pipeline, api: Caller) -> None:
    found = api.get(f"/pipelines/{two.pk}/versions/2/changes")
    assert (found["since"], found["version"]) == (1, 2)
    (change,) = found["changes"]
    assert change["where"] == ["Triggers", "Schedule t1"]
    assert (change["kind"], change["after"]) == ("changed", "Every hour, UTC")
    back = api.get(f"/pipelines/{two.pk}/versions/1/changes?since=2")
    assert back["changes"][0]["before"] == "Every hour, UTC"


@pytest.mark.parametrize(("body", "operation"), [({}, "preview"), ({"operation": "up"}, "up")])
def test_rolling_back_asks_for_what_follows(
    two: Pipeline, api: Caller, body: dict[str, Any], operation: str
) -> None:
    row = api.post(f"/pipelines/{two.pk}/versions/1/roll_back", body, expect=202)
    assert (row["operation"], row["version"], row["status"]) == (operation, 3, "queued")
    newest = api.get(f"/pipelines/{two.pk}/versions")["items"][0]
    assert newest["note"] == "Rolled back to version 1"
    again = api.post(f"/pipelines/{two.pk}/versions/1/roll_back", {}, expect=409)
    assert "says the same" in again["detail"]


def test_a_retry_says_what_it_retries(
    two: Pipeline, api: Caller, new_deployment: Callable[..., Deployment]
) -> None:
    failed = new_deployment(two, status="failed")
    row = api.post(f"/deployments/{failed.pk}/retry", {}, expect=202)
    assert (row["retry_of"], row["untouched"], row["version"]) == (failed.pk, 0, 2)
    refused = api.post(f"/deployments/{failed.pk}/retry", {"from_here": True}, expect=409)
    assert "Retry the whole of it." in refused["detail"]
    done = new_deployment(two, status="succeeded")
    api.post(f"/deployments/{done.pk}/retry", {}, expect=409)


def test_stopping_at_once_is_a_second_step(
    two: Pipeline, api: Caller, new_deployment: Callable[..., Deployment]
) -> None:
    running = new_deployment(two, status="running")
    path = f"/deployments/{running.pk}/cancel"
    assert "Cancel it first" in api.post(path, {"at_once": True}, expect=409)["detail"]
    asked = api.post(path, None, expect=202)
    assert (asked["status"], asked["phase"], asked["kill_requested_at"]) == (
        "running", "stopping", None,
    )  # fmt: skip
    assert api.post(path, {}, expect=202)["kill_requested_at"] is None
    assert api.post(path, {"at_once": True}, expect=202)["phase"] == "stopping at once"
