"""The Drift tab, what the overview says of it, and the end that a Pipeline was given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import Drift, DriftWatch, Lifetime, Pipeline
from dashboard.services import drift_checks

WAY = {"settings": {}, "trigger": "t1", "fields": {"cron": "0 7 * * *"}, "paused": None}


@pytest.fixture
def rows(deployed: Pipeline) -> list[Drift]:
    now = timezone.now()
    seen = {"pipeline": deployed, "first_seen": now, "last_seen": now}
    return [
        Drift.objects.create(urn="s", path="x", sentence="It was rescheduled.", old="at 6",
                             new="at 7", acceptance=WAY, **seen),
        Drift.objects.create(urn="b", sentence="The bucket was deleted.", gone=True,
                             refusal="It can only be restored.", **seen),
        Drift.objects.create(urn="q", path="tags", sentence="Another tag.", cosmetic=True, **seen),
    ]  # fmt: skip


def page(browser: Client, pipeline: Pipeline) -> str:
    return browser.get(f"/pipelines/{pipeline.pk}/drift/").content.decode()


def test_before_the_first_check_it_says_so(as_member: Client, pipeline: Pipeline) -> None:
    text = page(as_member, pipeline)
    assert "after the first check" in text
    assert "Nothing of Churn is deployed" in text
    assert "Check now" in text and "Preview the restore" not in text


def test_it_shows_what_was_and_is_and_what_can_be_accepted(
    as_member: Client, deployed: Pipeline, rows: list[Drift]
) -> None:
    text = page(as_member, deployed)
    for said in ("It was rescheduled.", "at 6", "at 7", "The bucket was deleted.",
                 "It can only be restored.", "1 cosmetic difference hidden", "Another tag.",
                 "Preview the restore"):  # fmt: skip
        assert said in text, said
    assert text.count('name="drift"') == 1, "only what can be accepted can be chosen"


def test_without_drift_it_says_so_with_as_of_when(as_member: Client, deployed: Pipeline) -> None:
    DriftWatch.objects.create(pipeline=deployed, checked_at=timezone.now())
    text = page(as_member, deployed)
    assert "The cloud has what was deployed." in text
    assert "as of" in text


def test_a_failed_check_is_visible_there_and_on_the_overview(
    as_member: Client, deployed: Pipeline, new_deployment: Any
) -> None:
    failed = new_deployment(
        deployed, "check", status="failed", error={"summary": "The cloud is away."},
        finished_at=timezone.now(),
    )  # fmt: skip
    DriftWatch.objects.create(pipeline=deployed, last_check=failed)
    assert "The last check failed: The cloud is away." in page(as_member, deployed)
    assert f"Drift check of {deployed.name}" in as_member.get("/").content.decode()


def test_the_overview_names_a_pipeline_once_and_no_cosmetic_one(
    as_member: Client, deployed: Pipeline, rows: list[Drift]
) -> None:
    text = as_member.get("/").content.decode()
    assert text.count(f"Drift of {deployed.name}") == 1
    assert "And 1 more." in text
    Drift.objects.filter(cosmetic=False).delete()
    assert "Drift of" not in as_member.get("/").content.decode()


def test_a_check_is_asked_for_and_told_apart_in_the_list(
    as_member: Client, deployed: Pipeline
) -> None:
    answer = as_member.post(f"/pipelines/{deployed.pk}/drift/check")
    assert (answer.status_code, answer["Location"]) == (303, f"/pipelines/{deployed.pk}/drift/")
    assert "being checked now" in page(as_member, deployed)
    listed = as_member.get(f"/pipelines/{deployed.pk}/deployments/").content.decode()
    assert "Drift check v1" in listed


def test_chosen_ones_are_accepted_and_lead_to_the_preview(
    as_member: Client, deployed: Pipeline, rows: list[Drift]
) -> None:
    at = f"/pipelines/{deployed.pk}/drift/accept"
    as_member.post(at, {})
    as_member.post(at, {"drift": ["x"]})
    deployed.refresh_from_db()
    assert deployed.current_version.number == 1
    answer = as_member.post(at, {"drift": [str(rows[0].pk)]})
    preview = deployed.deployments.get(operation="preview")
    assert answer["Location"] == f"/deployments/{preview.pk}"
    assert preview.version.triggers[0]["cron"] == "0 7 * * *"
    assert "Accepted into the definition, v2 by mel" in page(as_member, deployed)


def test_a_restore_leads_to_the_preview(
    as_member: Client, deployed: Pipeline, rows: list[Drift]
) -> None:
    answer = as_member.post(f"/pipelines/{deployed.pk}/drift/restore")
    preview = deployed.deployments.get(operation="preview")
    assert answer["Location"] == f"/deployments/{preview.pk}"


@pytest.mark.parametrize(("chosen", "hours"), [("6", 6), ("0", 0), ("", None)])
def test_how_often_is_chosen(
    as_member: Client, deployed: Pipeline, chosen: str, hours: int | None
) -> None:
    at = f"/pipelines/{deployed.pk}/drift/schedule"
    assert as_member.post(at, {"every_hours": chosen}).status_code == 303
    assert DriftWatch.objects.get().every_hours == hours
    assert as_member.post(at, {"every_hours": "7"}).status_code == 400
    if hours == 0:
        assert "switched off" in page(as_member, deployed)


def test_what_was_left_out_says_why(as_member: Client, deployed: Pipeline) -> None:
    drift_checks.watch_of(deployed)
    DriftWatch.objects.update(skipped="A maintenance holds its triggers.",
                              skipped_at=timezone.now())  # fmt: skip
    assert "was left out: A maintenance holds" in page(as_member, deployed)


# ── Lifetime ────────────────────────────────────────────────────────────────────────


def test_an_end_is_shown_everywhere_on_the_pipeline(as_member: Client, deployed: Pipeline) -> None:
    at = f"/pipelines/{deployed.pk}/lifetime"
    wrong = as_member.post(at, {"after": "3", "confirm": "no"})
    assert wrong.status_code == 400
    assert "Type the name Churn" in wrong.content.decode()
    assert as_member.post(at, {"after": "3", "confirm": "Churn"}).status_code == 303
    for tab in ("", "/triggers/", "/drift/", "/versions/"):
        text = as_member.get(f"/pipelines/{deployed.pk}{tab}").content.decode()
        assert "Churn is destroyed on" in text and "in 2 days" in text
    assert "is destroyed" not in as_member.get("/").content.decode(), "not yet a day before"
    Lifetime.objects.update(ends_at=timezone.now() + timedelta(hours=3))
    assert "Churn is destroyed in" in as_member.get("/").content.decode()
    assert as_member.post(f"{at}/remove").status_code == 303
    assert not Lifetime.objects.exists()


def test_an_end_is_typed_in_the_readers_zone(as_member: Client, deployed: Pipeline) -> None:
    moment = timezone.now() + timedelta(days=40)
    given = {"ends_at": moment.strftime("%Y-%m-%dT%H:%M"), "confirm": "Churn"}
    assert as_member.post(f"/pipelines/{deployed.pk}/lifetime", given).status_code == 303
    lifetime = Lifetime.objects.get()
    assert (lifetime.ends_at, lifetime.timezone) == (moment.replace(second=0, microsecond=0), "UTC")
    nonsense = {"ends_at": "tomorrow", "confirm": "Churn"}
    assert as_member.post(f"/pipelines/{deployed.pk}/lifetime", nonsense).status_code == 400
