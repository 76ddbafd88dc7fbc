"""Watched pipelines over the API: found, chosen, listed, and refused what would change them."""

from __future__ import annotations

import pytest

from dashboard.models import Connection, Discovery, Pipeline
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.views.test_watched_pages import ARN, found, observed

__all__ = ["found", "observed"]


@pytest.fixture
def watched(api: Caller, found: object, observed: Connection) -> int:
    answer = api("POST", "/pipelines/watch", {"connection": observed.name, "items": [ARN]})
    assert answer.status_code == 201
    return int(answer.json()[0]["id"])


def test_what_was_found_is_listed(api: Caller, found: object, observed: Connection) -> None:
    seen = api.get(f"/connections/{observed.pk}/discovered")
    (one,) = seen["found"]
    assert (one["name"], one["kind"]) == ("nightly", "Step Functions state machine")
    assert one["triggers"][0]["native"] == "cron(0 6 * * ? *) Europe/Berlin"
    assert (one["pipeline"], one["managed"], one["gone"]) == (None, False, False)


def test_a_look_is_asked_for(api: Caller, observed: Connection) -> None:
    answer = api("POST", f"/connections/{observed.pk}/discover")
    assert answer.status_code == 202
    assert answer.json()["looking"]
    assert Discovery.objects.get().asked_at


def test_it_is_listed_among_the_others(api: Caller, watched: int, pipeline: Pipeline) -> None:
    shown = {each["name"]: each["managed"] for each in api.get("/pipelines")}
    assert shown == {"nightly": False, pipeline.name: True}
    one = api.get(f"/pipelines/{watched}")
    assert (one["version"], one["deployed_version"], one["cloud_id"]) == (None, None, ARN)
    assert one["triggers"][0]["cron"] == "0 6 * * *"


REFUSED = [
    ("POST", "deployments", {"operation": "up"}),
    ("POST", "deployments", {"operation": "destroy"}),
    ("POST", "runs", {}),
    ("POST", "adopt", {"resources": []}),
    ("POST", "versions/1/roll_back", {}),
    ("PATCH", "", {"name": "Mine"}),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), REFUSED, ids=[f"{m} {p}" for m, p, _ in REFUSED]
)
def test_what_would_change_it_is_refused_in_a_sentence(
    method: str, path: str, body: dict[str, object] | None, api: Caller, watched: int
) -> None:
    answer = api(method, f"/pipelines/{watched}/{path}".rstrip("/"), body)
    assert answer.status_code == 409
    assert "It is watched, not managed here" in answer.json()["detail"]


def test_a_trigger_of_it_is_not_paused(api: Caller, watched: int) -> None:
    trigger = Pipeline.objects.get(pk=watched).triggers.get()
    answer = api("POST", f"/pipelines/{watched}/triggers/{trigger.pk}/pause")
    assert answer.status_code == 409


def test_a_wrong_item_is_named(api: Caller, observed: Connection) -> None:
    answer = api("POST", "/pipelines/watch", {"connection": observed.pk, "items": ["arn:nothing"]})
    assert answer.status_code == 422
    assert list(fields(answer.json())) == ["items.0"]


def test_watching_ends(api: Caller, watched: int) -> None:
    assert api("DELETE", f"/pipelines/{watched}/watch").status_code == 204
    assert api.get("/pipelines") == []


def test_an_own_pipeline_is_not_unwatched(api: Caller, pipeline: Pipeline) -> None:
    answer = api("DELETE", f"/pipelines/{pipeline.pk}/watch")
    assert answer.status_code == 409
