"""The page on which people choose what to adopt, and what a Deployment's page says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from dashboard.models import Deployment, DeploymentResource, Pipeline

ROLE = "aws:iam/role:Role::execution-role"


@pytest.fixture
def look(pipeline: Pipeline, new_deployment: Callable[..., Deployment]) -> Deployment:
    row = new_deployment(pipeline, "preview", status="succeeded", adopt={})
    DeploymentResource.objects.create(
        deployment=row, urn=f"urn:pulumi:churn::p::{ROLE}", kind="aws:iam/role:Role",
        name="execution-role", op="create", state="planned", cloud_id="skyclock-churn", position=0,
    )  # fmt: skip
    return row


def test_the_page_offers_what_was_found_under_its_name(
    as_member: Client, pipeline: Pipeline, look: Deployment
) -> None:
    text = as_member.get(f"/pipelines/{pipeline.pk}/adopt").content.decode()
    assert f'name="id:{ROLE}"' in text
    assert 'value="skyclock-churn"' in text
    assert "The role&#x27;s name. Found under its name" in text


def test_before_a_look_the_page_offers_to_look(as_member: Client, pipeline: Pipeline) -> None:
    page = f"/pipelines/{pipeline.pk}/adopt"
    assert "Look for what exists" in as_member.get(page).content.decode()
    assert as_member.post(page, {"look": "1"}).status_code == 303
    row = pipeline.deployments.get()
    assert (row.operation, row.adopt) == ("preview", {})


def test_ids_that_were_typed_make_a_preview_and_the_rest_is_left_out(
    as_member: Client, pipeline: Pipeline, look: Deployment
) -> None:
    page = f"/pipelines/{pipeline.pk}/adopt"
    assert as_member.post(page, {f"id:{ROLE}": " "}).status_code == 400
    wrong = as_member.post(page, {"id:aws:sqs/queue:Queue::none": "q"})
    assert wrong.status_code == 400
    assert "no such resource" in wrong.content.decode()
    assert as_member.post(page, {f"id:{ROLE}": "mine"}).status_code == 303
    row = pipeline.deployments.order_by("-id").first()
    assert row is not None
    assert row.adopt == {ROLE: "mine"}
    again = as_member.get(f"{page}?from={row.pk}").content.decode()
    assert 'value="mine"' in again


@pytest.mark.parametrize("diff", [[], ["description", "tags"]])
def test_the_button_works_only_where_nothing_would_change(
    diff: list[str], as_member: Client, pipeline: Pipeline, look: Deployment
) -> None:
    Deployment.objects.filter(pk=look.pk).update(adopt={ROLE: "mine"}, started_at=look.requested_at)
    look.resources.update(op="adopt", diff=diff)
    text = as_member.get(f"/deployments/{look.pk}").content.decode()
    assert "Adopt 1 and deploy the rest" in text
    assert ("Different: description, tags" in text) == bool(diff)
    assert ("Yes, no change." in text) == (not diff)
    if diff:
        button = text.split("Adopt 1 and deploy the rest")[0].rpartition("<button")[2]
        assert "disabled" in button
        refused = as_member.post(
            f"/pipelines/{pipeline.pk}/deploy", {"operation": "up", "plan": look.pk}, follow=True
        )
        assert pipeline.deployments.count() == 1, refused


def test_a_name_that_is_taken_leads_to_adoption(
    as_member: Client, pipeline: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    error = {"summary": "Role execution-role could not be created", "kind": "name_taken"}
    row = new_deployment(pipeline, "up", status="failed", error=error)
    page = as_member.get(f"/deployments/{row.pk}").content.decode()
    assert f'href="/pipelines/{pipeline.pk}/adopt"' in page
    error = {"summary": "Role execution-role could not be created", "kind": "permission"}
    row = new_deployment(pipeline, "up", status="failed", error=error)
    page = as_member.get(f"/deployments/{row.pk}").content.decode()
    assert f'href="/pipelines/{pipeline.pk}/adopt"' not in page
