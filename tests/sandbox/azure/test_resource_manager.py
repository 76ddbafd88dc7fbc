from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.resource.resources import ResourceManagementClient

from provisioning.sandbox.faults import Fault
from tests.sandbox.azure.conftest import (
    ADMINISTRATOR,
    OTHER_SUBSCRIPTION,
    REGION,
    SUBSCRIPTION,
    SandboxAzure,
)
from tests.sandbox.azure.definitions import pipeline, wait


def code_of(caught: Any) -> str:
    return str(caught.value.error.code)


def test_a_group_is_made_found_in_any_case_and_listed_by_its_tag(azure: SandboxAzure) -> None:
    groups = azure.resources.resource_groups
    made = groups.create_or_update("Mine", {"location": "West Europe", "tags": {"a:b": "c"}})
    groups.create_or_update("other", {"location": "northeurope"})

    assert made.location == "westeurope"
    assert groups.get("mINE").id == made.id
    found = groups.list(filter="tagName eq 'A:B' and tagValue eq 'c'")
    assert [each.name for each in found] == ["Mine"]


@pytest.mark.parametrize(
    ("name", "wish", "code"),
    [
        ("ends.", {"location": REGION}, "InvalidResourceGroupName"),
        ("rg", {"location": "atlantis"}, "LocationNotAvailableForResourceGroup"),
        ("rg", {}, "LocationRequired"),
        ("rg", {"location": REGION, "tags": {"a/b": "c"}}, "InvalidTagNameCharacters"),
    ],
)
def test_a_group_that_azure_refuses(
    azure: SandboxAzure, name: str, wish: dict[str, Any], code: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.resources.resource_groups.create_or_update(name, wish)

    assert code_of(caught) == code


def test_whether_something_is_there_can_be_asked_by_its_id(
    azure: SandboxAzure, factory: str
) -> None:
    resources, id = azure.resources.resources, str(azure.factories.factories.get("rg", factory).id)
    assert resources.check_existence_by_id(id, api_version="2018-06-01")
    assert not resources.check_existence_by_id(f"{id}x", api_version="2018-06-01")


def test_a_group_does_not_move(azure: SandboxAzure, group: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        azure.resources.resource_groups.create_or_update(group, {"location": "eastus"})

    assert code_of(caught) == "InvalidResourceGroupLocation"


def test_deleting_a_group_takes_a_while_and_everything_in_it(
    azure: SandboxAzure, factory: str
) -> None:
    azure.factories.pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    deleting = azure.resources.resource_groups.begin_delete("rg")

    assert azure.resources.resource_groups.get("rg").properties.provisioning_state == "Deleting"
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.factories.create_or_update("rg", "late", {"location": REGION})
    assert code_of(caught) == "ResourceGroupBeingDeleted"

    azure.let_pass(timedelta(seconds=10))
    deleting.result()
    assert not azure.resources.resource_groups.check_existence("rg")
    azure.resources.resource_groups.create_or_update("rg", {"location": REGION})
    with pytest.raises(ResourceNotFoundError):
        azure.factories.factories.get("rg", factory)


def test_a_deletion_goes_on_after_a_restart(azure: SandboxAzure, group: str) -> None:
    azure.resources.resource_groups.begin_delete(group, polling=False)
    azure.restart()
    azure.let_pass(timedelta(seconds=10))

    assert not azure.resources.resource_groups.check_existence(group)


def test_what_is_not_there_is_told_as_azure_tells_it(azure: SandboxAzure, group: str) -> None:
    factories = azure.factories
    with pytest.raises(ResourceNotFoundError) as caught:
        factories.factories.get("no-group", "f-1")
    assert code_of(caught) == "ResourceGroupNotFound"
    with pytest.raises(ResourceNotFoundError) as caught:
        factories.factories.get(group, "f-1")
    assert code_of(caught) == "ResourceNotFound"
    with pytest.raises(ResourceNotFoundError) as caught:
        factories.pipelines.get(group, "f-1", "p")
    assert code_of(caught) == "ParentResourceNotFound"


def test_requests_need_a_token_and_a_version(azure: SandboxAzure) -> None:
    address = f"{azure.url}/arm/subscriptions/{SUBSCRIPTION}/resourcegroups"
    token = ADMINISTRATOR

    without_token = requests.get(f"{address}?api-version=2021-04-01", timeout=60)
    assert without_token.status_code == 401
    assert without_token.json()["error"]["code"] == "AuthenticationFailed"
    without_version = requests.get(address, headers=token, timeout=60)
    assert without_version.json()["error"]["code"] == "MissingApiVersionParameter"


def test_a_token_of_one_subscription_opens_no_other(azure: SandboxAzure) -> None:
    stranger = azure.client(
        ResourceManagementClient, token=f"sandbox-only-token-of-{OTHER_SUBSCRIPTION}"
    )
    with pytest.raises(HttpResponseError) as caught:
        list(stranger.resource_groups.list())

    assert caught.value.status_code == 403
    assert code_of(caught) == "AuthorizationFailed"


def test_a_provider_that_is_not_registered_refuses(azure: SandboxAzure, group: str) -> None:
    azure.resources.providers.unregister("Microsoft.DataFactory")
    # Past the SDK, which would register it by itself and wait for that.
    answer = requests.get(
        f"{azure.url}/arm/subscriptions/{SUBSCRIPTION}/providers/Microsoft.DataFactory/factories"
        "?api-version=2018-06-01", headers=ADMINISTRATOR, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "MissingSubscriptionRegistration"

    azure.resources.providers.register("microsoft.datafactory")
    azure.factories.factories.create_or_update(group, "f-1", {"location": REGION})


def test_resources_of_a_group_are_listed_by_tag_and_type(azure: SandboxAzure, group: str) -> None:
    for name, tag in (("f-1", "mine"), ("f-2", "theirs")):
        azure.factories.factories.create_or_update(
            group, name, {"location": REGION, "tags": {"skyclock:pipeline": tag}}
        )
    wanted = "tagName eq 'skyclock:pipeline' and tagValue eq 'mine'"
    factories = "resourceType eq 'Microsoft.DataFactory/factories'"

    assert [each.name for each in azure.resources.resources.list(filter=wanted)] == ["f-1"]
    found = azure.resources.resources.list_by_resource_group(group, filter=factories)
    assert [each.name for each in found] == ["f-1", "f-2"]


def test_long_lists_come_in_pages(azure: SandboxAzure, factory: str) -> None:
    for number in range(60):
        azure.factories.pipelines.create_or_update("rg", factory, f"p{number}", pipeline(wait("w")))

    found = [each.name for each in azure.factories.pipelines.list_by_factory("rg", factory)]
    assert found == [f"p{number}" for number in range(60)]


def test_operations_can_be_throttled_and_refused_by_their_names(
    azure: SandboxAzure, group: str
) -> None:
    azure.world.faults.table.put(
        Fault(kind="throttle", cloud="azure", match="Factories.*", count=1)
    )
    with pytest.raises(HttpResponseError) as caught:
        azure.factories.factories.get(group, "f-1")
    assert caught.value.status_code == 429
    assert caught.value.response.headers["Retry-After"]

    azure.world.faults.table.put(
        Fault(kind="refuse", cloud="azure", match="ResourceGroups.Get", code="Nope", count=1)
    )
    with pytest.raises(HttpResponseError) as caught:
        azure.resources.resource_groups.get(group)
    assert code_of(caught) == "Nope"


def test_a_cloud_that_is_away_closes_the_connection(azure: SandboxAzure, group: str) -> None:
    azure.world.faults.table.put(Fault(kind="away", cloud="azure", count=1))
    with pytest.raises(Exception, match=r"(?i)connection"):
        azure.resources.resource_groups.get(group)
    assert azure.resources.resource_groups.get(group).name == group
