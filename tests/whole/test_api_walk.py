"""The main job through the API: define, preview, deploy, fire, look, change, pause, destroy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.whole.product import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
WEEKDAYS = {"kind": "schedule", "cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


@pytest.fixture(scope="module")
def example(client: Client) -> dict[str, Any]:
    blueprints = client.get("/blueprints")
    return next(b["example"] for b in blueprints if b["kind"] == "aws_sagemaker_pipeline")


@pytest.fixture(scope="module")
def connection(client: Client) -> int:
    return next(c["id"] for c in client.get("/connections") if c["sandbox"])


def make(client: Client, connection: int, name: str, settings: Any, *triggers: Any) -> Any:
    body = {
        "name": name, "connection": connection, "blueprint": "aws_sagemaker_pipeline",
        "settings": settings, "triggers": list(triggers),
    }  # fmt: skip
    return client.post("/pipelines", body, expect=201)


def synced_runs(client: Client, pipeline: int) -> list[dict[str, Any]]:
    client.post(f"/pipelines/{pipeline}/sync")
    return client.get(f"/runs?pipeline={pipeline}")["items"]


def test_the_main_job_from_form_to_history(
    client: Client, connection: int, example: dict[str, Any]
) -> None:
    client.to_quiet_minute()
    made = make(client, connection, "train-api", example, HOURLY)
    path = f"/pipelines/{made['id']}"

    preview = client.deploy(made["id"], "preview")
    assert preview["status"] == "succeeded", preview
    assert preview["changes"]["create"] > 4
    up = client.deploy(made["id"], "up", plan=preview["id"])
    assert up["status"] == "succeeded", up
    assert up["changes"]["create"] == preview["changes"]["create"]
    assert up["engine"].startswith("pulumi 3.")

    log = client.get(f"/deployments/{up['id']}/log")
    assert [line["n"] for line in log["lines"]] == list(range(1, log["last"] + 1))
    assert log["final"] is True
    tail = client.get(f"/deployments/{up['id']}/log?after={log['last'] - 2}")
    assert [line["n"] for line in tail["lines"]] == [log["last"] - 1, log["last"]]

    trigger = client.get(path)["triggers"][0]
    assert (trigger["state"], bool(trigger["next"]), bool(trigger["verified_at"])) == (
        "active", True, True,
    )  # fmt: skip
    assert client.get(path)["outputs"]["pipeline_arn"].startswith("arn:aws:sagemaker:eu-west-1:")

    again = client.deploy(made["id"], "up")
    assert (again["changes"]["create"], again["changes"]["update"]) == (0, 0), again

    client.post("/sandbox/clock", {"advance": "PT2H"})
    runs = synced_runs(client, made["id"])
    assert [run["trigger"] for run in runs] == [trigger["key"]] * 2
    first = client.get(f"/runs/{runs[-1]['id']}")
    assert first["status"] == "succeeded", first
    assert first["started"].endswith(":00:00Z")
    assert [step["status"] for step in first["steps"]].count("succeeded") >= 3

    destroyed = client.deploy(made["id"], "destroy")
    assert destroyed["status"] == "succeeded", destroyed
    assert len(client.get(f"/runs?pipeline={made['id']}")["items"]) == 2
    assert client.get(path)["may_exist_in_cloud"] is False


def test_run_now_stop_rerun_pause_and_resume(
    client: Client, connection: int, example: dict[str, Any]
) -> None:
    made = make(client, connection, "controls-api", example, WEEKDAYS)
    path = f"/pipelines/{made['id']}"
    assert client.deploy(made["id"])["status"] == "succeeded"

    started = client.post(f"{path}/runs", {"parameters": {}}, expect=202)
    assert started["cloud_id"].startswith("arn:aws:sagemaker:")
    client.post(f"/runs/{started['id']}/stop", expect=202)
    stopped = client.until(
        lambda: (client.post(f"{path}/sync"), client.get(f"/runs/{started['id']}"))[1],
        lambda run: run["status"] == "stopped",
    )
    assert stopped["cloud_status"] == "Stopped"
    assert stopped["trigger"] == "manual"
    rerun = client.post(f"/runs/{started['id']}/rerun", expect=202)
    assert rerun["cloud_id"] != started["cloud_id"]

    trigger = client.get(path)["triggers"][0]
    paused = client.post(f"{path}/triggers/{trigger['id']}/pause")
    assert paused["state"] == "paused"
    quiet = len(synced_runs(client, made["id"]))
    client.post("/sandbox/clock", {"advance": "P7D"})
    assert len(synced_runs(client, made["id"])) == quiet
    assert client.deploy(made["id"])["status"] == "succeeded"
    assert client.get(path)["triggers"][0]["state"] == "paused"
    resumed = client.post(f"{path}/triggers/{trigger['id']}/resume")
    assert (resumed["state"], bool(resumed["next"])) == ("active", True)
    client.post("/sandbox/clock", {"advance": "P7D"})
    assert len(synced_runs(client, made["id"])) == quiet + 5

    changed = {"triggers": [{**WEEKDAYS, "id": trigger["id"], "cron": "30 7 * * 1-5"}]}
    assert client.call("PATCH", path, changed).status == 200
    update = client.deploy(made["id"])
    assert (update["changes"]["update"], update["changes"]["replace"]) == (1, 0), update
    refused = client.call("DELETE", path)
    assert refused.status == 409
    assert "destroy" in refused.body["detail"].lower()
    assert client.deploy(made["id"], "destroy")["status"] == "succeeded"
    assert client.call("DELETE", path).status == 204


def test_bad_input_names_its_field_and_makes_nothing(
    client: Client, connection: int, example: dict[str, Any]
) -> None:
    before = len(client.get("/pipelines"))
    body = {
        "name": "bad", "connection": connection, "blueprint": "aws_sagemaker_pipeline",
        "settings": {**example, "steps": [{**example["steps"][0], "instance_count": 0}]},
        "triggers": [{"kind": "schedule", "cron": "61 * * * *", "timezone": "UTC"}],
    }  # fmt: skip
    refused = client.call("POST", "/pipelines", body)
    assert refused.status == 422
    fields = {problem["field"] for problem in refused.body["problems"]}
    assert "triggers.0.cron" in fields
    assert any(field.startswith("settings.steps.0") for field in fields), fields
    assert len(client.get("/pipelines")) == before


def test_a_failed_run_says_why(client: Client, connection: int, example: dict[str, Any]) -> None:
    settings = json.loads(json.dumps(example).replace("input/train", "nothing-here/train"))
    made = make(client, connection, "fails-api", settings)
    assert client.deploy(made["id"])["status"] == "succeeded"
    run = client.post(f"/pipelines/{made['id']}/runs", {}, expect=202)
    client.post("/sandbox/clock", {"advance": "PT10M"})
    client.post(f"/pipelines/{made['id']}/sync")
    seen = client.get(f"/runs/{run['id']}")
    assert seen["status"] == "failed"
    failed = next(step for step in seen["steps"] if step["status"] == "failed")
    assert "S3" in failed["reason"]
