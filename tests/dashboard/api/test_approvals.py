"""Approving and discarding by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.models import Connection, Deployment, Pipeline
from tests.dashboard.api.conftest import Caller

NewDeployment = Callable[..., Deployment]


@pytest.fixture
def waiting(pipeline: Pipeline, new_deployment: NewDeployment) -> Deployment:
    """One that mel asked for."""
    return new_deployment(pipeline, status="awaiting_approval", needs_approval=True)


def test_it_is_asked_for_with_a_reason(api: Caller, pipeline: Pipeline) -> None:
    Connection.objects.update(approval_required=True)
    body = {"operation": "up", "message": "The features of March"}
    asked = api.post(f"/pipelines/{pipeline.pk}/deployments", body, expect=202)
    assert asked["message"] == "The features of March"
    assert asked["approval"] == {"decision": None, "by": None, "at": None, "comment": ""}


def test_who_asked_is_refused_and_somebody_else_is_not(
    api: Caller, admin_api: Caller, waiting: Deployment
) -> None:
    refused = api.post(f"/deployments/{waiting.pk}/approve", expect=403)
    assert "somebody else has to approve it" in refused["detail"]
    done = admin_api.post(f"/deployments/{waiting.pk}/approve", {"comment": "Yes."}, expect=202)
    assert (done["status"], done["approval"]["decision"]) == ("queued", "approved")
    assert (done["approval"]["by"], done["approval"]["comment"]) == ("ada", "Yes.")
    again = admin_api.post(f"/deployments/{waiting.pk}/approve", expect=409)
    assert again["detail"] == "This deployment was approved by ada already."


def test_who_asked_may_discard(api: Caller, waiting: Deployment) -> None:
    done = api.post(f"/deployments/{waiting.pk}/discard", {"comment": "Later."})
    assert (done["status"], done["approval"]["decision"]) == ("cancelled", "discarded")
    assert done["error"]["summary"] == "Discarded by mel: Later."
    refused = api.post(f"/deployments/{waiting.pk}/discard", expect=409)
    assert refused["detail"] == "This deployment was discarded by mel already."


def test_what_needs_none_has_none(api: Caller, deployment: Deployment) -> None:
    assert api.get(f"/deployments/{deployment.pk}")["approval"] is None
    refused = api.post(f"/deployments/{deployment.pk}/discard", expect=409)
    assert refused["detail"] == "This deployment needs no approval."


@pytest.mark.parametrize("body", [{"comment": "x" * 501}, {"why": "x"}, {"comment": 3}])
def test_a_comment_is_short_text(api: Caller, waiting: Deployment, body: Any) -> None:
    api.post(f"/deployments/{waiting.pk}/discard", body, expect=422)


def test_the_connection_says_whether(admin_api: Caller, connection: Connection) -> None:
    assert admin_api.get(f"/connections/{connection.pk}")["approval_required"] is False
    changed = admin_api.patch(f"/connections/{connection.pk}", {"approval_required": True})
    assert changed["approval_required"] is True
    made = {"name": "Second", "cloud": "aws", "sandbox": True, "approval_required": True}
    assert admin_api.post("/connections", made, expect=201)["approval_required"] is True
