"""Adopting over the API."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.models import Deployment, DeploymentResource, Pipeline
from tests.dashboard.api.conftest import Caller, fields

ROLE = "aws:iam/role:Role::execution-role"
URN = f"urn:pulumi:churn::skyclock-aws-sagemaker-pipeline::{ROLE}"


def test_a_preview_is_made_of_it(api: Caller, pipeline: Pipeline) -> None:
    made = api.post(
        f"/pipelines/{pipeline.pk}/adopt", {"resources": [{"urn": URN, "id": "r"}]}, expect=202
    )
    assert made["operation"] == "preview"
    assert Deployment.objects.get(pk=made["id"]).adopt == {ROLE: "r"}
    made = api.post(f"/pipelines/{pipeline.pk}/adopt", {"resources": []}, expect=202)
    assert Deployment.objects.get(pk=made["id"]).adopt == {}


def test_what_is_wrong_is_named(api: Caller, pipeline: Pipeline) -> None:
    body = {"resources": [{"name": "none", "id": "r"}]}
    told = api.post(f"/pipelines/{pipeline.pk}/adopt", body, expect=422)
    assert set(fields(told)) == {"resources.0.name"}


def test_the_preview_says_what_can_be_adopted_and_an_up_is_refused_what_cannot(
    api: Caller, pipeline: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    row = new_deployment(pipeline, "preview", status="succeeded", adopt={ROLE: "r"})
    DeploymentResource.objects.create(
        deployment=row, urn=URN, kind="aws:iam/role:Role", name="execution-role", op="adopt",
        state="planned", cloud_id="r", diff=["tags"], position=0,
    )  # fmt: skip
    (told,) = api.get(f"/deployments/{row.pk}")["adopted"]
    assert (told["name"], told["id"], told["differences"]) == ("execution-role", "r", ["tags"])
    assert told["refused"]
    api.post(
        f"/pipelines/{pipeline.pk}/deployments", {"operation": "up", "plan": row.pk}, expect=409
    )
