"""Documents of the wrong form are refused, whatever is wrong with them: none breaks the sandbox."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.azure.conftest import ADMINISTRATOR, SUBSCRIPTION, SandboxAzure
from tests.sandbox.azure.definitions import (
    activity,
    blob_trigger,
    pipeline,
    reference,
    schedule,
    starts,
    wait,
    windows,
)
from tests.sandbox.azure.running import Factory

JUNK = [None, 1, -5, "x", "", [], {}, [1], {"a": 1}, True, 1.5, "@nope(", "@pipeline().x"]
SCOPE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a"
ITEMS = {"type": "Expression", "value": "@createArray(1, 2)"}
SELF = {"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "-01:00:00"}
DOCUMENTS = {
    "pipelines/p": pipeline(
        wait("w", 5),
        activity("web", "WebActivity", {"method": "GET", "url": "https://example.org"},
                 policy={"retry": 1, "retryIntervalInSeconds": 30}, after={"w": ["Succeeded"]}),
        activity("each", "ForEach", {"items": ITEMS, "batchCount": 2, "activities": [
            activity("if", "IfCondition", {"expression": "@true", "ifTrueActivities": [wait("t")]})
        ]}),
        activity("switch", "Switch", {"on": "@string(1)", "cases": [
            {"value": "1", "activities": [wait("c")]}]}),
        activity("call", "ExecutePipeline", {"pipeline": reference("child"), "parameters": {}}),
        activity("set", "SetVariable", {"variableName": "v", "value": "x"}),
        parameters={"n": {"type": "Int", "defaultValue": 3}},
        variables={"v": {"type": "String"}}, concurrency=3,
    ),
    "triggers/s": schedule(starts("child"), schedule={"hours": [3], "minutes": [0]}),
    "triggers/w": windows(starts("child"), delay="00:01:00", dependsOn=[SELF],
                          retryPolicy={"count": 1, "intervalInSeconds": 30}),
    "triggers/b": blob_trigger(SCOPE, starts("child"), blobPathEndsWith=".csv"),
    "linkedservices/l": {"properties": {
        "type": "AzureBlobStorage", "parameters": {"a": {"type": "String"}},
        "typeProperties": {"connectionString": "AccountName=a;AccountKey=b"}}},
    "datasets/d": {"properties": {
        "type": "DelimitedText", "linkedServiceName": reference("l", "LinkedServiceReference"),
        "typeProperties": {"location": {"type": "AzureBlobStorageLocation"}}}},
}  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            yield from places(each, (*at, key))


def spoiled(document: Any, chance: random.Random) -> Any:
    """With something else in one place, or nothing."""
    changed = copy.deepcopy(document)
    *way, last = chance.choice(list(places(changed)))
    holder = changed
    for step in way:
        holder = holder[step]
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[last]
    else:
        holder[last] = copy.deepcopy(chance.choice(JUNK))
    return changed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_none_of_them_breaks_anything(azure: SandboxAzure, adf: Factory, name: str) -> None:
    adf.put("child", pipeline(wait("w")))
    address = (
        f"{azure.url}/arm/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/"
        f"Microsoft.DataFactory/factories/{adf.name}/{name}"
    )
    session, chance = requests.Session(), random.Random(name)
    session.headers.update(ADMINISTRATOR)

    def send(method: str, below: str, body: Any = None) -> int:
        answer = session.request(
            method, f"{address}{below}?api-version=2018-06-01", json=body, timeout=60
        )
        return answer.status_code

    for _ in range(120):
        document = spoiled(DOCUMENTS[name], chance)
        status = send("PUT", "", document)
        assert status in (200, 400), document
        if status == 200 and name.startswith("pipelines"):
            assert send("POST", "/createRun", {}) in (200, 400), document
        if status == 200 and name.startswith("triggers"):
            assert send("POST", "/start") in (200, 400), document
            assert send("POST", "/stop") in (200, 400), document
            azure.advance("PT10S")
    azure.advance("P1D")
    assert {run["status"] for run in adf.runs()} <= {"Succeeded", "Failed"}
