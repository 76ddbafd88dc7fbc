"""A Deployment that waits for approval, as each of the cast sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Connection, Deployment, Pipeline
from dashboard.services import pipelines, plans


@pytest.fixture
def waiting(pipeline: Pipeline, new_deployment: Callable[..., Deployment]) -> Deployment:
    version: Any = pipeline.current_version
    row = new_deployment(
        pipeline, status="awaiting_approval", needs_approval=True, changes={"create": 8},
        message="The features of <March>",
        spec_digest=plans.digest(pipelines.spec_for(pipeline, version)),
    )  # fmt: skip
    Pipeline.objects.filter(pk=pipeline.pk).update(last_deployment=row)
    return row


def page(browser: Client, path: str) -> str:
    return " ".join(browser.get(path).content.decode().split())


def test_somebody_else_may_approve(as_admin: Client, waiting: Deployment) -> None:
    text = page(as_admin, f"/deployments/{waiting.pk}")
    assert "Deploying version 1 would mean: <strong>8 to create</strong>" in text
    assert "mel asked for it, so anybody else may approve it" in text
    assert "The features of &lt;March&gt;" in text
    assert "Approve deploy" in text and "Discard" in text
    answer = as_admin.post(f"/deployments/{waiting.pk}/approve", {"comment": "Fine."})
    assert answer.status_code == 303
    waiting.refresh_from_db()
    assert (waiting.status, waiting.comment) == ("queued", "Fine.")
    assert "Approved by ada" in page(as_admin, f"/deployments/{waiting.pk}")


def test_who_asked_may_only_discard(as_member: Client, waiting: Deployment) -> None:
    text = page(as_member, f"/deployments/{waiting.pk}")
    assert "You asked for it, so somebody else has to approve it" in text
    assert "Approve deploy" not in text and "Discard" in text
    refused = as_member.post(f"/deployments/{waiting.pk}/approve")
    assert refused.status_code == 403
    assert "somebody else has to approve it" in refused.content.decode()
    as_member.post(f"/deployments/{waiting.pk}/discard", {"comment": "Too late."})
    text = page(as_member, f"/deployments/{waiting.pk}")
    assert "Discarded by mel: Too late." in text
    assert "Nothing was changed in the cloud." in text


def test_a_plan_that_became_stale_cannot_be_approved_there(
    as_admin: Client, waiting: Deployment
) -> None:
    waiting.pipeline.triggers.update(paused=True)
    text = page(as_admin, f"/deployments/{waiting.pk}")
    assert "The plan cannot be applied any more." in text and "a pause of one of" in text
    assert "Approve deploy" not in text and "Discard" in text


def test_the_overview_says_who_may(
    as_admin: Client, as_member: Client, waiting: Deployment
) -> None:
    assert "8 to create. mel asked for it; you may approve it." in page(as_admin, "/")
    assert "You asked for it, so somebody else has to approve it." in page(as_member, "/")
    assert "Awaiting approval" in page(as_member, "/")


def test_lists_show_the_plan_and_the_reason(as_member: Client, waiting: Deployment) -> None:
    for path in ("/deployments", f"/pipelines/{waiting.pipeline_id}/deployments/"):
        text = page(as_member, path)
        assert "8 to create" in text and "The features of &lt;March&gt;" in text
    assert "Deploy awaits approval" in page(as_member, "/pipelines")


def test_a_plan_that_was_refused_offers_another_preview(
    as_member: Client, pipeline: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    error = {"summary": "The pipeline was edited: version 1 → 2.", "code": "plan_stale"}
    row = new_deployment(pipeline, status="failed", error=error)
    text = page(as_member, f"/deployments/{row.pk}")
    assert "The pipeline was edited: version 1 → 2." in text
    assert 'name="operation" value="preview">Preview again' in text
    Deployment.objects.update(needs_approval=True, decision="approved")
    text = page(as_member, f"/deployments/{row.pk}")
    assert 'name="operation" value="up">Preview again' in text


def test_a_reason_can_be_given(as_member: Client, pipeline: Pipeline) -> None:
    as_member.post(f"/pipelines/{pipeline.pk}/deploy", {"operation": "up", "message": " Because "})
    assert Deployment.objects.get().message == "Because"


def test_the_setting_is_in_the_form(as_admin: Client, connection: Connection) -> None:
    assert "Deployments need approval" in page(as_admin, f"/connections/{connection.pk}/edit")
    form = {"name": connection.name, "level": "deploy", "approval_required": "on"}
    as_admin.post(f"/connections/{connection.pk}/edit", form)
    connection.refresh_from_db()
    assert connection.approval_required
    assert "with approval" in page(as_admin, "/connections")
    as_admin.post(f"/connections/{connection.pk}/edit", form | {"approval_required": ""})
    connection.refresh_from_db()
    assert not connection.approval_required
