"""The main job by API calls alone: real services, engine and clouds, a worker within the test.

What real deployments and runs answer is held against the OpenAPI document, as everywhere here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dashboard.models import User
from dashboard.services import deployments
from provisioning.contracts import EngineCommand
from tests.dashboard.api.conftest import Caller

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.usefixtures("on_sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}
Deploy = Callable[..., dict[str, Any]]


@pytest.fixture
def walker(admin: User, call_as: Callable[[User], Caller], engine: EngineCommand) -> Caller:
    return call_as(admin)


@pytest.fixture
def pipeline_path(walker: Caller) -> str:
    body = {"name": "API sandbox", "cloud": "aws", "sandbox": True}
    connection = walker.post("/connections", body, expect=201)
    blueprint = walker.get("/blueprints")[0]
    body = {"name": "api-on-the-sandbox", "connection": connection["id"],
            "blueprint": blueprint["kind"], "settings": blueprint["example"],
            "triggers": [HOURLY]}  # fmt: skip
    return f"/pipelines/{walker.post('/pipelines', body, expect=201)['id']}"


@pytest.fixture
def deploy(walker: Caller, pipeline_path: str) -> Deploy:
    def done(operation: str, **more: Any) -> dict[str, Any]:
        body = {"operation": operation, **more}
        asked = walker.post(f"{pipeline_path}/deployments", body, expect=202)
        deployments.execute(asked["id"])
        ended: dict[str, Any] = walker.get(f"/deployments/{asked['id']}")
        assert ended["status"] == "succeeded", ended
        return ended

    return done


def test_from_definition_to_history(walker: Caller, pipeline_path: str, deploy: Deploy) -> None:
    api = walker
    preview = deploy("preview")
    up = deploy("up", plan=preview["id"])
    assert up["changes"] == preview["changes"]
    assert len(up["resources"]) >= up["changes"]["create"] > 4
    log = api.get(f"/deployments/{up['id']}/log?limit=5000")
    assert [line["n"] for line in log["lines"]] == list(range(1, log["last"] + 1))
    assert log["final"] is True

    shown = api.get(pipeline_path)
    (trigger,) = shown["triggers"]
    assert (trigger["state"], bool(trigger["next"])) == ("active", True)
    assert shown["outputs"]["pipeline_arn"].startswith("arn:aws:sagemaker:")
    assert (shown["deployed_version"], shown["may_exist_in_cloud"]) == (1, True)
    assert api.delete(pipeline_path, expect=409)

    before = datetime.fromisoformat(api.get("/sandbox/clock")["now"])
    after = datetime.fromisoformat(api.post("/sandbox/clock", {"advance": "PT2H"})["now"])
    assert (after - before).total_seconds() >= 7200
    api.post(f"{pipeline_path}/sync")
    runs = api.get(f"/runs?pipeline={shown['id']}")["items"]
    assert [run["trigger"] for run in runs] == [trigger["key"]] * 2
    ended = api.get(f"/runs/{runs[-1]['id']}")
    assert ended["status"] == "succeeded", ended
    assert len(ended["steps"]) >= 3

    paused = api.post(f"{pipeline_path}/triggers/{trigger['id']}/pause")
    assert (paused["state"], paused["next"]) == ("paused", None)
    run = api.post(f"{pipeline_path}/runs", expect=202)
    assert (run["trigger"], run["status"] in ("queued", "running")) == ("manual", True)
    stopping = api.post(f"/runs/{run['id']}/stop", expect=202)
    assert stopping["id"] == run["id"]
    api.post("/sandbox/clock", {"advance": "PT2H"})
    assert api.get(f"/runs/{run['id']}")["status"] == "stopped"
    again = api.post(f"/runs/{run['id']}/rerun", expect=202)
    assert again["cloud_id"] != run["cloud_id"]
    same = api.post(f"/runs/{run['id']}/rerun", {"from_failure": True}, expect=202)
    assert same["id"] == run["id"]
    assert len(api.get(f"/runs?pipeline={shown['id']}")["items"]) == 4
    resumed = api.post(f"{pipeline_path}/triggers/{trigger['id']}/resume")
    assert resumed["state"] == "active"

    changed = {"triggers": [{**HOURLY, "id": trigger["id"], "cron": "30 * * * *"}]}
    assert api.patch(pipeline_path, changed)["version"] == 2
    update = deploy("up")
    assert (update["changes"]["update"], update["changes"]["replace"]) == (1, 0)
    deploy("refresh")
    deploy("destroy")
    gone = api.get(pipeline_path)
    assert (gone["may_exist_in_cloud"], gone["outputs"]) == (False, {})
    assert gone["triggers"][0]["state"] == "missing"
    api.delete(pipeline_path)
    assert len(api.get(f"/runs?pipeline={shown['id']}")["items"]) == 4
