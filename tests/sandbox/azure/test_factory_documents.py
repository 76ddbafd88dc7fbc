from __future__ import annotations

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.sandbox.azure.conftest import REGION, SandboxAzure
from tests.sandbox.azure.definitions import activity, pipeline, reference, schedule, starts, wait

BLOBS = {
    "properties": {
        "type": "AzureBlobStorage",
        "typeProperties": {
            "connectionString": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=secret1=="
        },
    }
}
DATABRICKS = {
    "properties": {
        "type": "AzureDatabricks",
        "typeProperties": {
            "domain": "https://adb-1.azuredatabricks.net",
            "accessToken": {"type": "SecureString", "value": "secret2"},
            "existingClusterId": "c-1",
        },
    }
}


def dataset(service: str) -> dict[str, Any]:
    return {
        "properties": {
            "type": "DelimitedText",
            "linkedServiceName": reference(service, "LinkedServiceReference"),
            "typeProperties": {"location": {"type": "AzureBlobStorageLocation"}},
        }
    }


def test_a_factory_is_unique_on_earth_and_has_an_identity(
    azure: SandboxAzure, factory: str
) -> None:
    found = azure.factories.factories.get("rg", factory)
    assert found.identity
    assert found.identity.principal_id
    assert found.version == "2018-06-01"

    azure.resources.resource_groups.create_or_update("rg2", {"location": REGION})
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.factories.create_or_update("rg2", factory.upper(), {"location": REGION})
    assert caught.value.status_code == 409
    assert caught.value.error.code == "DataFactoryNameInUse"


@pytest.mark.parametrize("name", ["ends-", "two--hyphens", "a_b_c"])
def test_a_factory_has_a_name_of_the_right_form(azure: SandboxAzure, group: str, name: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.factories.create_or_update(group, name, {"location": REGION})

    assert caught.value.error.code == "InvalidResourceName"


def test_what_is_named_has_to_be_there(azure: SandboxAzure, factory: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.datasets.create_or_update("rg", factory, "d", dataset("blobs"))
    assert caught.value.error.code == "BadRequest"
    assert "invalid reference 'blobs'" in caught.value.error.message

    azure.factories.linked_services.create_or_update("rg", factory, "blobs", BLOBS)
    azure.factories.datasets.create_or_update("rg", factory, "d", dataset("Blobs"))
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.triggers.create_or_update("rg", factory, "t", schedule(starts("p")))
    assert "invalid reference 'p'" in caught.value.error.message


def test_what_is_named_cannot_be_deleted(azure: SandboxAzure, factory: str) -> None:
    factories = azure.factories
    factories.linked_services.create_or_update("rg", factory, "blobs", BLOBS)
    factories.datasets.create_or_update("rg", factory, "d", dataset("blobs"))
    factories.pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    factories.triggers.create_or_update("rg", factory, "t", schedule(starts("p")))

    with pytest.raises(HttpResponseError) as caught:
        factories.linked_services.delete("rg", factory, "blobs")
    assert caught.value.error.message == (
        "The document cannot be deleted since it is referenced by d."
    )
    with pytest.raises(HttpResponseError):
        factories.pipelines.delete("rg", factory, "p")
    factories.triggers.delete("rg", factory, "t")
    factories.pipelines.delete("rg", factory, "p")
    factories.pipelines.delete("rg", factory, "p")
    with pytest.raises(ResourceNotFoundError) as missing:
        factories.pipelines.get("rg", factory, "p")
    assert missing.value.error.code == "PipelineNotFound"


def test_secrets_of_linked_services_are_not_told_again(azure: SandboxAzure, factory: str) -> None:
    services = azure.factories.linked_services
    services.create_or_update("rg", factory, "blobs", BLOBS)
    services.create_or_update("rg", factory, "bricks", DATABRICKS)

    told = str([each.as_dict() for each in services.list_by_factory("rg", factory)])
    assert "secret1" not in told
    assert "secret2" not in told
    assert "AccountName=a;AccountKey=***" in told


def test_etags_guard_against_lost_updates(azure: SandboxAzure, factory: str) -> None:
    pipelines = azure.factories.pipelines
    first = pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    second = pipelines.create_or_update("rg", factory, "p", pipeline(wait("w", 6)))
    assert first.etag != second.etag
    with pytest.raises(HttpResponseError) as caught:
        pipelines.create_or_update(
            "rg", factory, "p", pipeline(wait("w", 7)),
            etag=first.etag, match_condition=MatchConditions.IfNotModified,
        )  # fmt: skip
    assert caught.value.status_code == 412


LOOP = {"items": {"type": "Expression", "value": "@pipeline().parameters.x"}}
WRONG_PIPELINES = {
    "an activity without a type": pipeline({"name": "a"}),
    "an unknown type": pipeline(activity("a", "Sing", {})),
    "a property that is missing": pipeline(activity("a", "WebActivity", {"url": "http://x"})),
    "two of one name": pipeline(wait("a"), wait("A")),
    "a bad name": pipeline(wait("a/b")),
    "after what is not there": pipeline(wait("a", after={"b": ["Succeeded"]})),
    "a circle": pipeline(
        wait("a", after={"b": ["Succeeded"]}), wait("b", after={"a": ["Succeeded"]})
    ),
    "an unknown condition": pipeline(wait("a"), wait("b", after={"a": ["Sometimes"]})),
    "a loop in a loop": pipeline(
        activity("a", "ForEach", {**LOOP, "activities": [
            activity("b", "ForEach", {**LOOP, "activities": [wait("c")]})]})
    ),
    "an if in an if": pipeline(
        activity("a", "IfCondition", {"expression": "@true", "ifTrueActivities": [
            activity("b", "IfCondition", {"expression": "@true", "ifTrueActivities": [wait("c")]})
        ]})
    ),
    "an unknown variable": pipeline(
        activity("a", "SetVariable", {"variableName": "v", "value": 1})
    ),
    "appending to no list": pipeline(
        activity("a", "AppendVariable", {"variableName": "v", "value": 1}),
        variables={"v": {"type": "String"}},
    ),
    "an unknown type of parameter": pipeline(wait("a"), parameters={"p": {"type": "Date"}}),
    "a short pause between retries": pipeline(
        {**wait("a"), "policy": {"retry": 1, "retryIntervalInSeconds": 5}}
    ),
    "a timeout that is none": pipeline({**wait("a"), "policy": {"timeout": "soon"}}),
    "too many at once": pipeline(
        activity("a", "ForEach", {**LOOP, "batchCount": 51, "activities": [wait("b")]})
    ),
    "too many activities": pipeline(*(wait(f"a{number}") for number in range(121))),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_PIPELINES)
def test_pipelines_that_data_factory_refuses(azure: SandboxAzure, factory: str, wrong: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.pipelines.create_or_update("rg", factory, "p", WRONG_PIPELINES[wrong])

    assert caught.value.status_code == 400
    assert caught.value.error.code == "BadRequest"


def test_branches_may_be_in_loops(azure: SandboxAzure, factory: str) -> None:
    branch = activity("b", "IfCondition", {"expression": "@true", "ifTrueActivities": [wait("c")]})
    loop = activity("a", "ForEach", {**LOOP, "activities": [branch]})
    azure.factories.pipelines.create_or_update("rg", factory, "p", pipeline(loop))
