"""What Skyclock fires itself, on the running product: the end of a run, and a signed call."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from dashboard.services.hooks import sign
from tests.whole.product import Client, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def made(client: Client, name: str, *triggers: dict[str, Any]) -> int:
    kind = "aws_sagemaker_pipeline"
    example = next(b["example"] for b in client.get("/blueprints") if b["kind"] == kind)
    body = {
        "name": name, "connection": "Sandbox AWS", "blueprint": kind, "settings": example,
        "triggers": list(triggers),
    }  # fmt: skip
    id = int(client.post("/pipelines", body, expect=201)["id"])
    assert client.deploy(id)["status"] == "succeeded"
    return id


def call(product: Product, hook: dict[str, Any], id: str, *, secret: str = "") -> int:
    now, body = str(int(time.time())), b"{}"
    signature = sign(secret or hook["secret"], id=id, timestamp=now, body=body)
    headers = {
        "webhook-id": id, "webhook-timestamp": now, "webhook-signature": signature,
        "Content-Type": "application/json",
    }  # fmt: skip
    request = urllib.request.Request(product.url + hook["address"], body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def started_runs(client: Client, pipeline: int, count: int) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"/pipelines/{pipeline}/starts")["items"]
        return found

    return client.until(look, lambda s: sum(e["state"] == "started" for e in s) >= count)


def test_a_run_that_succeeds_starts_the_next_pipeline_once(client: Client) -> None:
    upstream = made(client, "upstream")
    after = {"kind": "completion", "pipeline": upstream, "on": "succeeded"}
    downstream = made(client, "downstream", after)
    first = client.post(f"/pipelines/{upstream}/runs", {}, expect=202)
    client.post("/sandbox/clock", {"advance": "PT10M"})
    client.post(f"/pipelines/{upstream}/sync")
    (start,) = started_runs(client, downstream, 1)
    assert start["cause"] == f"run {first['id']} of upstream"
    run = client.get(f"/runs/{start['run']}")
    assert run["pipeline"] == downstream
    for _ in range(3):
        client.post(f"/pipelines/{upstream}/sync")
    assert len(started_runs(client, downstream, 1)) == 1
    loop = {"triggers": [{"kind": "completion", "pipeline": downstream, "on": "succeeded"}]}
    refused = client.call("PATCH", f"/pipelines/{upstream}", loop)
    assert refused.status == 422
    assert "upstream" in refused.body["detail"] and "downstream" in refused.body["detail"]


def test_a_signed_call_starts_a_run_and_the_same_call_no_second_one(
    client: Client, product: Product
) -> None:
    id = made(client, "called", {"kind": "webhook"})
    trigger = client.get(f"/pipelines/{id}")["triggers"][0]
    path = f"/pipelines/{id}/triggers/{trigger['id']}/rotate"
    hook = client.post(path)
    assert call(product, hook, "msg-1") == 202
    assert call(product, hook, "msg-1") in (200, 202)
    assert len(started_runs(client, id, 1)) == 1
    rotated = client.post(path, {"end_old": True})
    assert call(product, hook, "msg-2") == 401
    assert call(product, rotated, "msg-2") == 202
    assert len(started_runs(client, id, 2)) == 2
