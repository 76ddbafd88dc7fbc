"""Drift and Lifetimes through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Connection, Drift, DriftWatch, Lifetime, Pipeline
from tests.dashboard.api.conftest import Caller

WAY = {"settings": {}, "trigger": "t1", "fields": {"cron": "0 7 * * *"}, "paused": None}


@pytest.fixture
def drift(deployed: Pipeline) -> Drift:
    now = timezone.now()
    return Drift.objects.create(
        pipeline=deployed, urn="urn:s", path="scheduleExpression", sentence="It was rescheduled.",
        old="6", new="7", acceptance=WAY, first_seen=now, last_seen=now,
    )  # fmt: skip


def test_what_differs_is_told(api: Caller, drift: Drift) -> None:
    told = api.get(f"/pipelines/{drift.pipeline_id}/drift")
    assert (told["every_hours"], told["hours"], told["checked_at"]) == (None, 24, None)
    (row,) = told["drifts"]
    assert (row["id"], row["old"], row["new"], row["acceptable"]) == (drift.pk, "6", "7", True)
    Drift.objects.update(resolved_at=timezone.now(), how="vanished")
    assert api.get(f"/pipelines/{drift.pipeline_id}/drift")["drifts"] == []
    (row,) = api.get(f"/pipelines/{drift.pipeline_id}/drift?resolved=true")["drifts"]
    assert row["how"] == "vanished"


@pytest.mark.parametrize(
    ("hours", "status"), [(0, 200), (6, 200), (None, 200), (169, 422), (-1, 422), ("6", 422)]
)
def test_when_it_is_looked_for_can_be_said(
    api: Caller, deployed: Pipeline, hours: Any, status: int
) -> None:
    api.patch(f"/pipelines/{deployed.pk}/drift", {"every_hours": hours}, expect=status)
    if status == 200:
        assert DriftWatch.objects.get().every_hours == hours


def test_a_check_is_queued_and_told_apart(api: Caller, deployed: Pipeline) -> None:
    check = api.post(f"/pipelines/{deployed.pk}/drift/check", {}, expect=202)
    assert (check["operation"], check["status"]) == ("check", "queued")
    again = api.post(f"/pipelines/{deployed.pk}/drift/check", {}, expect=409)
    assert "under way" in again["detail"]
    assert api.get(f"/pipelines/{deployed.pk}/drift")["last_check"] == check["id"]


def test_a_connection_below_deploy_refuses_with_the_reason(
    api: Caller, deployed: Pipeline, connection: Connection
) -> None:
    Connection.objects.update(level="observe")
    answer = api.post(f"/pipelines/{deployed.pk}/drift/check", {}, expect=409)
    assert "observe only" in answer["detail"]


def test_accepting_answers_with_the_preview(api: Caller, drift: Drift) -> None:
    at = f"/pipelines/{drift.pipeline_id}/drift/accept"
    api.post(at, {"drifts": [drift.pk + 1]}, expect=422)
    api.post(at, {"drifts": []}, expect=422)
    preview = api.post(at, {"drifts": [drift.pk]}, expect=202)
    assert (preview["operation"], preview["version"]) == ("preview", 2)
    api.post(at, {}, expect=409)


def test_restoring_answers_with_the_preview_or_the_up(api: Caller, drift: Drift) -> None:
    at = f"/pipelines/{drift.pipeline_id}/drift/restore"
    assert api.post(at, {}, expect=202)["operation"] == "preview"
    assert api.post(at, {"apply": True}, expect=202)["operation"] == "up"


def test_a_lifetime_is_set_put_off_and_taken_away(api: Caller, deployed: Pipeline) -> None:
    at = f"/pipelines/{deployed.pk}/lifetime"
    api.get(at, expect=404)
    soon = timezone.now() + timedelta(hours=1)
    body = {"ends_at": soon.isoformat(), "timezone": "Europe/Berlin"}
    api.put(at, body, expect=422)
    assert api.put(at, {**body, "confirm": deployed.name})["deployment"] is None
    later = {**body, "ends_at": (soon + timedelta(days=1)).isoformat()}
    assert api.put(at, later)["set_by"] == "mel"
    assert api.get(at)["timezone"] == "Europe/Berlin"
    api.delete(at)
    assert not Lifetime.objects.exists()
