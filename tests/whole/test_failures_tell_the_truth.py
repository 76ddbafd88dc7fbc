"""What people see when a deployment fails or its worker dies, and that trying again works."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from provisioning import clouds
from provisioning.contracts import Access, Cloud, SandboxAddress
from tests.whole.product import Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
ACCOUNT = "111122223333"


@pytest.fixture
def pipeline(client: Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    example = client.get("/blueprints")[0]["example"]
    body = {
        "name": request.node.name[:60], "connection": "Sandbox AWS",
        "blueprint": "aws_sagemaker_pipeline", "settings": example,
        "triggers": [{"kind": "schedule", "cron": "0 3 * * *", "timezone": "UTC"}],
    }  # fmt: skip
    made: dict[str, Any] = client.post("/pipelines", body, expect=201)
    return made


def sandbox_client(product: Product, service: str) -> Any:
    ports = json.loads((product.data / "ports.json").read_text())
    address = SandboxAddress(
        control_url=f"http://127.0.0.1:{ports['sandbox_control']}",
        aws_url=f"http://127.0.0.1:{ports['sandbox_aws']}",
        provider=f"127.0.0.1:{ports['sandbox_provider']}",
    )
    access = Access(
        cloud=Cloud.AWS, region="eu-west-1", account=ACCOUNT,
        credential=clouds.sandbox_access_keys(ACCOUNT), sandbox=address,
    )  # fmt: skip
    return clouds.open_session(access).client(service)


def test_a_name_that_is_taken_is_told_in_the_clouds_words(
    product: Product, client: Client, pipeline: dict[str, Any]
) -> None:
    iam = sandbox_client(product, "iam")
    taken = f"skyclock-{pipeline['slug']}-execution"
    iam.create_role(RoleName=taken, AssumeRolePolicyDocument="{}")
    failed = client.deploy(pipeline["id"])
    assert failed["status"] == "failed"
    assert "already exists" in failed["error"]["cloud_message"]
    assert failed["error"]["resource"]
    assert failed["error"]["hint"]
    iam.delete_role(RoleName=taken)
    assert client.deploy(pipeline["id"])["status"] == "succeeded"
    assert client.deploy(pipeline["id"], "destroy")["status"] == "succeeded"


def test_a_killed_worker_leaves_no_deployment_running_for_ever(
    product: Product, client: Client, pipeline: dict[str, Any]
) -> None:
    path = f"/pipelines/{pipeline['id']}/deployments"
    row = client.post(path, {"operation": "up"}, expect=202)
    client.until(lambda: client.get(f"/deployments/{row['id']}"), lambda d: d["status"] != "queued")
    assert product.kill("worker") == 1
    began = time.monotonic()
    ended = client.finished(row["id"], timeout=90)
    assert time.monotonic() - began < 90
    assert ended["status"] in ("interrupted", "succeeded"), ended
    if ended["status"] == "interrupted":
        assert ended["error"]["summary"] and ended["error"]["hint"]
    assert client.deploy(pipeline["id"])["status"] == "succeeded"
    again = client.deploy(pipeline["id"])
    assert (again["changes"]["create"], again["changes"]["update"]) == (0, 0)
    assert client.deploy(pipeline["id"], "destroy")["status"] == "succeeded"


def test_a_killed_sandbox_has_lost_nothing(
    product: Product, client: Client, pipeline: dict[str, Any]
) -> None:
    assert client.deploy(pipeline["id"])["status"] == "succeeded"
    run = client.post(f"/pipelines/{pipeline['id']}/runs", {}, expect=202)
    assert product.kill("provisioning.sandbox") == 1
    client.until(
        lambda: client.call("POST", "/sandbox/clock", {"advance": "PT10M"}).status,
        lambda status: status == 200,
    )
    client.post(f"/pipelines/{pipeline['id']}/sync")
    assert client.get(f"/runs/{run['id']}")["status"] == "succeeded"
    again = client.deploy(pipeline["id"])
    assert again["changes"]["same"] == 9, again
    assert client.deploy(pipeline["id"], "destroy")["status"] == "succeeded"
