"""Deployments: asked for, looked at, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Connection, Deployment, DeploymentResource, Pipeline
from dashboard.services import pipelines, plans
from tests.dashboard.api.conftest import Caller, fields

NewDeployment = Callable[..., Deployment]
NONE = {"create": 0, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "same": 0}


@pytest.fixture
def preview(new_deployment: NewDeployment) -> NewDeployment:
    """A preview that succeeded, as `execute` leaves it."""

    def done(pipeline: Pipeline, **more: Any) -> Deployment:
        assert pipeline.current_version
        spec = pipelines.spec_for(pipeline, pipeline.current_version)
        usual = {"status": "succeeded", "started_at": timezone.now(),
                 "spec_digest": plans.digest(spec)}  # fmt: skip
        return new_deployment(pipeline, "preview", **{**usual, **more})

    return done


def ask(api: Caller, pipeline: Pipeline, expect: int = 202, **body: Any) -> Any:
    return api.post(f"/pipelines/{pipeline.pk}/deployments", body, expect=expect)


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_what_is_asked_for_is_queued(operation: str, api: Caller, pipeline: Pipeline) -> None:
    asked = ask(api, pipeline, operation=operation)
    assert (asked["status"], asked["operation"], asked["version"]) == ("queued", operation, 1)
    assert (asked["changes"], asked["error"], asked["engine"]) == (NONE, None, "")
    assert (asked["plan"], asked["requested_by"]) == (None, "mel")
    shown = api.get(f"/deployments/{asked['id']}")
    assert shown == {**asked, "resources": [], "adopted": []}


@pytest.mark.parametrize("operation", ["refresh", "destroy"])
def test_what_is_not_in_the_cloud_is_neither_refreshed_nor_destroyed(
    operation: str, api: Caller, pipeline: Pipeline
) -> None:
    refused = ask(api, pipeline, operation=operation, expect=409)
    assert refused["detail"] == "Nothing of Churn is in the cloud."
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("operation", ["refresh", "destroy"])
def test_what_is_in_the_cloud_is(operation: str, api: Caller, deployed: Pipeline) -> None:
    assert ask(api, deployed, operation=operation)["status"] == "queued"


@pytest.mark.parametrize(
    ("change", "words"), [({"level": "run"}, "for run only"), ({"enabled": False}, "disabled")]
)
def test_the_connection_has_to_allow_it(
    change: dict[str, Any], words: str, api: Caller, pipeline: Pipeline
) -> None:
    Connection.objects.update(**change)
    assert words in ask(api, pipeline, operation="up", expect=409)["detail"]
    assert not Deployment.objects.exists()


# ── Plans ───────────────────────────────────────────────────────────────────────────


def test_an_up_names_the_preview_whose_plan_it_applies(
    api: Caller, pipeline: Pipeline, preview: NewDeployment
) -> None:
    plan = preview(pipeline)
    assert ask(api, pipeline, operation="up", plan=plan.pk)["plan"] == plan.pk


def test_a_plan_is_a_preview_of_this_pipeline(
    api: Caller, new_pipeline: Callable[..., Pipeline], preview: NewDeployment,
    new_deployment: NewDeployment,
) -> None:  # fmt: skip
    mine, other = new_pipeline(), new_pipeline("Other")
    no_preview = new_deployment(mine, status="succeeded", started_at=timezone.now())
    for wrong in (preview(other).pk, no_preview.pk, 999, 2**63 - 1):
        refused = ask(api, mine, operation="up", plan=wrong, expect=422)
        assert fields(refused) == {"plan": f"This pipeline has no preview {wrong}."}
    assert Deployment.objects.count() == 2


@pytest.mark.parametrize("operation", ["preview", "refresh", "destroy"])
def test_only_an_up_applies_a_plan(
    operation: str, api: Caller, deployed: Pipeline, preview: NewDeployment
) -> None:
    refused = ask(api, deployed, operation=operation, plan=preview(deployed).pk, expect=409)
    assert refused["detail"] == "Only an up can apply a plan."


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled", "interrupted"])
def test_a_preview_has_to_have_succeeded(
    status: str, api: Caller, pipeline: Pipeline, preview: NewDeployment
) -> None:
    plan = preview(pipeline, status=status)
    refused = ask(api, pipeline, operation="up", plan=plan.pk, expect=409)
    assert "did not succeed" in refused["detail"]


def test_a_plan_is_stale_once_the_pipeline_was_changed(
    api: Caller, pipeline: Pipeline, preview: NewDeployment
) -> None:
    plan = preview(pipeline)
    api.patch(f"/pipelines/{pipeline.pk}", {"triggers": []})
    refused = ask(api, pipeline, operation="up", plan=plan.pk, expect=409)
    assert "Preview again" in refused["detail"]


def test_a_plan_is_stale_once_something_else_waits(
    api: Caller, pipeline: Pipeline, preview: NewDeployment
) -> None:
    plan = preview(pipeline)
    ask(api, pipeline, operation="up")
    refused = ask(api, pipeline, operation="up", plan=plan.pk, expect=409)
    assert "Preview again" in refused["detail"]


# ── Looking ─────────────────────────────────────────────────────────────────────────


def test_one_that_has_ended_tells_how(api: Caller, pipeline: Pipeline,
                                      new_deployment: NewDeployment) -> None:  # fmt: skip
    now = timezone.now()
    moment = now.isoformat()
    error = {
        "summary": "Denied",
        "resource": None,
        "cloud_message": "no",
        "hint": "Ask.",
        "code": "",
        "kind": None,
        "policy": None,
    }
    begun = {"started": moment, "finished": None}
    phases = [
        {"phase": "prepare", "state": "finished", "started": moment, "finished": moment},
        {"phase": "apply", "state": "failed", **begun},
    ]
    row = new_deployment(
        pipeline, status="failed", changes={"create": 3}, error=error, phases=phases,
        engine="pulumi 3.256.0", started_at=now, finished_at=now,
    )  # fmt: skip
    DeploymentResource.objects.create(
        deployment=row, urn="urn:pulumi:a", kind="aws:iam/role:Role", name="role", op="create",
        state="failed", seconds=1.5, diff=["policy"], position=0, cloud_id="role-1",
    )  # fmt: skip
    shown = api.get(f"/deployments/{row.pk}")
    assert (shown["changes"], shown["error"]) == ({**NONE, "create": 3}, error)
    assert [each["phase"] for each in shown["phases"]] == ["prepare", "apply"]
    assert shown["engine"] == "pulumi 3.256.0"
    (resource,) = shown["resources"]
    assert (resource["op"], resource["state"], resource["diff"]) == ("create", "failed", ["policy"])


def test_one_that_waits_says_for_what(
    api: Caller, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline, phase="waiting for the Pulumi engine: building it, 40 %")
    assert api.get(f"/deployments/{row.pk}")["phase"].endswith("building it, 40 %")


def test_one_in_line_says_for_whom(
    api: Caller, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    first = new_deployment(pipeline, status="running", started_at=timezone.now())
    shown = api.get(f"/deployments/{new_deployment(pipeline).pk}")
    assert (shown["position"], shown["waits_for"]) == (2, first.pk)
    assert shown["phase"].startswith(f"second in line: waits for deployment {first.pk}, an up")
    shown = api.get(f"/deployments/{first.pk}")
    assert (shown["position"], shown["waits_for"]) == (None, None)


@pytest.mark.parametrize("status", Deployment.Status.values)
def test_every_status_is_shown(
    status: str, api: Caller, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline, status=status)
    assert api.get(f"/deployments/{row.pk}")["status"] == status
    page = api.get(f"/deployments?status={status}&pipeline={pipeline.pk}")
    assert [each["id"] for each in page["items"]] == [row.pk]


def test_the_list_is_read_page_by_page_while_new_ones_come(
    api: Caller, new_pipeline: Callable[..., Pipeline], new_deployment: NewDeployment
) -> None:
    mine, other = new_pipeline(), new_pipeline("Other")
    ids = [new_deployment(mine, status="succeeded").pk for _ in range(5)]
    new_deployment(other)
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/deployments?pipeline={mine.pk}&limit=2&cursor={cursor}")
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
        new_deployment(mine, status="succeeded")
    assert seen == sorted(ids, reverse=True)
    assert api.get("/deployments?pipeline=999") == {"items": [], "next": None}


# ── Cancelling ──────────────────────────────────────────────────────────────────────


def test_a_queued_one_is_cancelled_at_once(api: Caller, pipeline: Pipeline) -> None:
    asked = ask(api, pipeline, operation="up")
    cancelled = api.post(f"/deployments/{asked['id']}/cancel", expect=202)
    assert cancelled["status"] == "cancelled"
    assert cancelled["finished_at"]
    assert api.get(f"/deployments/{asked['id']}/log") == {"lines": [], "last": 0, "final": True}
    again = api.post(f"/deployments/{asked['id']}/cancel", expect=409)
    assert again["detail"] == "This deployment has ended already."


def test_a_running_one_is_asked_to_stop(
    api: Caller, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline, status="running")
    for _ in range(2):
        assert api.post(f"/deployments/{row.pk}/cancel", expect=202)["status"] == "running"
    row.refresh_from_db()
    assert row.cancel_requested_at


def test_somebody_who_has_gone_is_nobody(
    api: Caller, pipeline: Pipeline, new_deployment: NewDeployment
) -> None:
    row = new_deployment(pipeline, requested_by=None)
    assert api.get(f"/deployments/{row.pk}")["requested_by"] is None
