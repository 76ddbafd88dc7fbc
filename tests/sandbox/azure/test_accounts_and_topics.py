from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.storage import StorageManagementClient

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.authorization.definitions import RoleDefinitions
from provisioning.sandbox.azure.entra.callers import Caller
from provisioning.sandbox.azure.storage.doorkeeping import BLOBS
from tests.sandbox.azure.conftest import (
    ADMINISTRATOR,
    OTHER_SUBSCRIPTION,
    REGION,
    SUBSCRIPTION,
    SandboxAzure,
)

ACCOUNT = {"location": REGION, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def make_account(azure: SandboxAzure, name: str = "account1") -> Any:
    making = azure.storage.storage_accounts.begin_create("rg", name, ACCOUNT)
    azure.let_pass(timedelta(seconds=5))
    return making.result()


def test_an_account_has_an_address_and_keys(azure: SandboxAzure, group: str) -> None:
    making = azure.storage.storage_accounts.begin_create(group, "account1", ACCOUNT)
    begun = azure.storage.storage_accounts.get_properties(group, "account1")
    assert begun.provisioning_state == "Creating"
    azure.let_pass(timedelta(seconds=5))

    made = making.result()
    assert made.provisioning_state == "Succeeded"
    assert made.primary_endpoints.blob == f"{azure.url}/blob/account1/"
    keys = azure.storage.storage_accounts.list_keys(group, "account1").keys_property
    assert [key.key_name for key in keys] == ["key1", "key2"]
    assert len({key.value for key in keys}) == 2


def test_names_of_accounts_are_unique_on_earth(azure: SandboxAzure, group: str) -> None:
    make_account(azure)
    azure.resources.resource_groups.create_or_update("rg2", {"location": REGION})
    with pytest.raises(HttpResponseError) as caught:
        azure.storage.storage_accounts.begin_create("rg2", "account1", ACCOUNT)
    assert caught.value.error.code == "StorageAccountInAnotherResourceGroup"

    other = azure.client(StorageManagementClient, subscription=OTHER_SUBSCRIPTION)
    address = f"{azure.url}/arm/subscriptions/{OTHER_SUBSCRIPTION}/resourcegroups/rg"
    requests.put(
        f"{address}?api-version=2021-04-01", json={"location": REGION}, timeout=60,
        headers={"Authorization": f"Bearer sandbox-only-token-of-{OTHER_SUBSCRIPTION}"},
    )  # fmt: skip
    with pytest.raises(HttpResponseError) as caught:
        other.storage_accounts.begin_create("rg", "account1", ACCOUNT)
    assert caught.value.error.code == "StorageAccountAlreadyTaken"
    assert not other.storage_accounts.check_name_availability({"name": "account1"}).name_available


@pytest.mark.parametrize("name", ["ab", "Account1", "a-b-c", "a" * 25])
def test_names_of_accounts_are_short_and_small(azure: SandboxAzure, group: str, name: str) -> None:
    # The SDK looks at lengths itself, so this goes past it.
    address = (
        f"{azure.url}/arm/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/"
        f"Microsoft.Storage/storageAccounts/{name}?api-version=2024-01-01"
    )
    answer = requests.put(
        address,
        json=ACCOUNT,
        headers=ADMINISTRATOR,
        timeout=60,
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "AccountNameInvalid"


def test_a_container_goes_with_its_account(azure: SandboxAzure, group: str) -> None:
    make_account(azure)
    containers = azure.storage.blob_containers
    containers.create(group, "account1", "data", {"properties": {"metadata": {"a": "b"}}})
    assert containers.get(group, "account1", "data").metadata == {"a": "b"}
    with pytest.raises(HttpResponseError):
        containers.create(group, "account1", "Not-Valid", {})
    with pytest.raises(HttpResponseError) as caught:
        containers.create(group, "account1", "open", {"properties": {"publicAccess": "Blob"}})
    assert caught.value.error.code == "PublicAccessNotPermitted"

    azure.storage.storage_accounts.delete(group, "account1")
    make_account(azure)
    assert list(containers.list(group, "account1")) == []


def test_a_topic_has_an_endpoint_of_its_region_and_keys(azure: SandboxAzure, group: str) -> None:
    topics = azure.eventgrid.topics
    making = topics.begin_create_or_update(group, "topic-1", {"location": REGION})
    azure.let_pass(timedelta(seconds=5))

    made = making.result()
    assert made.endpoint == f"{azure.url}/eventgrid/topic-1.westeurope-1/api/events"
    assert made.input_schema == "EventGridSchema"
    keys = topics.list_shared_access_keys(group, "topic-1")
    assert keys.key1 != keys.key2
    deleting = topics.begin_delete(group, "topic-1")
    azure.let_pass(timedelta(seconds=5))
    deleting.result()
    assert list(topics.list_by_resource_group(group)) == []


def test_a_system_topic_is_of_something_that_is_there(azure: SandboxAzure, group: str) -> None:
    account = make_account(azure)
    topics = azure.eventgrid.system_topics
    wish = {"location": REGION, "properties": {
        "source": account.id, "topicType": "Microsoft.Storage.StorageAccounts"}}  # fmt: skip
    topics.begin_create_or_update(group, "of-account", wish)
    azure.let_pass(timedelta(seconds=5))
    assert topics.get(group, "of-account").source == account.id
    with pytest.raises(HttpResponseError):
        topics.begin_create_or_update(group, "again", wish)
    nowhere = {"location": REGION, "properties": {
        "source": f"{account.id}x", "topicType": "Microsoft.Storage.StorageAccounts"}}  # fmt: skip
    with pytest.raises(HttpResponseError):
        topics.begin_create_or_update(group, "nowhere", nowhere)


class Assignments:
    """There is no SDK for them among ours: the engine's provider speaks REST as well."""

    def __init__(self, azure: SandboxAzure, scope: str) -> None:
        self.address = f"{azure.url}/arm{scope}/providers/Microsoft.Authorization/roleAssignments"

    def put(self, name: str, principal: str, *, kind: str | None = None) -> requests.Response:
        properties = {"principalId": principal, "roleDefinitionId": f"/x/{READER}",
                      **({"principalType": kind} if kind else {})}  # fmt: skip
        return requests.put(
            f"{self.address}/{name}?api-version=2022-04-01", json={"properties": properties},
            headers=ADMINISTRATOR, timeout=60,
        )  # fmt: skip


def test_a_role_is_assigned_once_to_somebody_known(azure: SandboxAzure, factory: str) -> None:
    found = azure.factories.factories.get("rg", factory)
    assert found.identity
    principal = str(found.identity.principal_id)
    assignments = Assignments(azure, f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
    name, other = "11111111-1111-4111-8111-111111111111", "21111111-1111-4111-8111-111111111111"

    assert assignments.put(name, principal).status_code == 201
    assert assignments.put(name, principal).status_code == 200
    again = assignments.put(other, principal)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "RoleAssignmentExists")
    unknown = assignments.put(other, other)
    assert unknown.json()["error"]["code"] == "PrincipalNotFound"
    assert assignments.put(other, other, kind="ServicePrincipal").status_code == 201
    badly = assignments.put("no-guid", principal)
    assert badly.json()["error"]["code"] == "InvalidRoleAssignmentId"


def test_a_role_of_a_group_counts_for_what_is_in_it(azure: SandboxAzure, factory: str) -> None:
    found = azure.factories.factories.get("rg", factory)
    assert found.identity
    principal = str(found.identity.principal_id)
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    Assignments(azure, scope).put("11111111-1111-4111-8111-111111111111", principal)

    manager = Manager(azure.world)
    access, itself = Access(manager, RoleDefinitions(manager)), Caller(principal, principal)
    read, write = "Microsoft.DataFactory/factories/read", "Microsoft.DataFactory/factories/write"
    assert access.permits(itself, read, str(found.id))
    assert not access.permits(itself, read, f"{scope}2")
    assert not access.permits(itself, write, str(found.id))
    assert not access.permits(itself, f"{BLOBS}/read", scope, data=True)
