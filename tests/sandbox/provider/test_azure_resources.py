"""The types of azure-native under the official engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pulumi_azure_native as azure_native
import pytest
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
from pulumi.automation import CommandError

from provisioning.contracts import Cloud
from provisioning.sandbox.provider import registry
from tests.sandbox.azure.conftest import BearerToken, SandboxCredential
from tests.sandbox.azure.definitions import pipeline, schedule, starts, wait
from tests.sandbox.provider.azure_programs import everything
from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox_process import ACCOUNTS, SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]
SUBSCRIPTION, _ = ACCOUNTS[Cloud.AZURE]


def client(sandbox: SandboxProcess, cls: Any) -> Any:
    return cls(
        SandboxCredential(), SUBSCRIPTION, base_url=f"{sandbox.address.azure_url}/arm",
        authentication_policy=BearerToken(f"sandbox-only-token-of-{SUBSCRIPTION}"),
        polling_interval=1, retry_total=0,
    )  # fmt: skip


def test_every_type_lives_and_leaves_nothing(stack: InlineStack, sandbox: SandboxProcess) -> None:
    program = partial(everything, prefix="azlife")
    ours = {token for token in registry.tokens() if token.startswith("azure-native")}
    count = len(ours) + 1  # and the stack itself
    assert stack.preview(program) == {"create": count}
    groups = client(sandbox, ResourceManagementClient).resource_groups
    assert not groups.check_existence("azlife-rg"), "a preview makes nothing"

    assert stack.up(program) == {"create": count}
    assert stack.problems() == ""
    assert {one["type"] for one in stack.resources().values()} >= ours

    assert stack.up(program) == {"same": count}, "nothing to do when repeated"
    assert stack.refresh() == {"same": count}, "what is read back is what was written"
    assert stack.up(program) == {"same": count}, "also after a refresh"

    assert stack.destroy() == {"delete": count}
    assert not groups.check_existence("azlife-rg"), "nothing is left"


def test_documents_arrive_as_data_factory_has_them(
    stack: InlineStack, sandbox: SandboxProcess
) -> None:
    stack.up(partial(everything, prefix="azshape"))
    factories = client(sandbox, DataFactoryManagementClient)

    loop = factories.pipelines.get("azshape-rg", "azshape-adf", "nightly").as_dict()
    loop = loop["properties"]["activities"][1]
    assert loop["typeProperties"]["activities"] == [
        {"name": "wait", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 5}}
    ]
    found = factories.triggers.get("azshape-rg", "azshape-adf", "daily").as_dict()
    assert found["properties"]["runtimeState"] == "Stopped"
    assert found["properties"]["typeProperties"]["recurrence"]["schedule"] == {
        "hours": [3], "minutes": [0]
    }  # fmt: skip


def test_what_changes_is_told_and_changed_in_place(
    stack: InlineStack, sandbox: SandboxProcess
) -> None:
    stack.up(partial(everything, prefix="azchange"))
    after = partial(everything, prefix="azchange", seconds=9, hour=4, tag="other")

    assert stack.up(after)["update"] == 3
    assert stack.changed_paths("pipeline") == {"activities[1].activities[0].waitTimeInSeconds"}
    assert stack.changed_paths("trigger") == {"properties.recurrence.schedule.hours[0]"}
    assert stack.changed_paths("group") == {"tags.team"}


def test_drift_is_found_and_put_right(stack: InlineStack, sandbox: SandboxProcess) -> None:
    program = partial(everything, prefix="azdrift")
    stack.up(program)
    factories = client(sandbox, DataFactoryManagementClient)
    factories.pipelines.create_or_update(
        "azdrift-rg", "azdrift-adf", "nightly", pipeline(wait("other"))
    )
    storage = client(sandbox, StorageManagementClient)
    storage.blob_containers.delete("azdrift-rg", "azdriftdata", "data")

    changes = stack.refresh()
    assert (changes["update"], changes["delete"]) == (1, 1)
    again = stack.up(program)
    assert (again["update"], again["create"]) == (1, 1)


def test_a_started_trigger_ends_an_update(stack: InlineStack, sandbox: SandboxProcess) -> None:
    stack.up(partial(everything, prefix="azstarted"))
    triggers = client(sandbox, DataFactoryManagementClient).triggers
    triggers.begin_start("azstarted-rg", "azstarted-adf", "daily").result()
    assert stack.refresh() == {"same": 12}, "a trigger's state is nothing that a program says"
    with pytest.raises(CommandError):
        stack.up(partial(everything, prefix="azstarted", hour=4))

    assert "TriggerEnabledCannotUpdate" in stack.problems()
    with pytest.raises(CommandError):
        stack.destroy()
    triggers.begin_stop("azstarted-rg", "azstarted-adf", "daily").result()


def test_keys_are_secret_in_state_and_outputs(stack: InlineStack, sandbox: SandboxProcess) -> None:
    stack.up(partial(everything, prefix="azsecret"))
    storage = client(sandbox, StorageManagementClient).storage_accounts
    keys = storage.list_keys("azsecret-rg", "azsecretdata").keys_property
    kept = "".join(path.read_text() for path in (stack.folder / "state").rglob("*.json"))

    assert "azsecretdata" in kept
    assert all(key.value not in kept for key in keys)
    assert stack.made
    assert stack.made.outputs()["keys"].secret
    assert stack.outputs()["keys"][0]["value"] == keys[0].value


def test_what_is_there_can_be_looked_up(stack: InlineStack, sandbox: SandboxProcess) -> None:
    groups = client(sandbox, ResourceManagementClient).resource_groups
    groups.create_or_update("azlookup-rg", {"location": "northeurope", "tags": {"a": "b"}})

    def program() -> None:
        found = azure_native.resources.get_resource_group_output(resource_group_name="azlookup-rg")
        pulumi.export("found", [found.id, found.location, found.tags])

    stack.up(program)
    id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/azlookup-rg"
    assert stack.outputs()["found"] == [id, "northeurope", {"a": "b"}]


def test_another_place_or_name_replaces(stack: InlineStack) -> None:
    def program(location: str, name: str) -> Callable[[], None]:
        def declare() -> None:
            group = azure_native.resources.ResourceGroup(
                "group", resource_group_name="azplace-rg", location="westeurope"
            )
            factory = azure_native.datafactory.Factory(
                "factory", factory_name="azplace-adf", resource_group_name=group.name,
                location=location,
            )  # fmt: skip
            azure_native.datafactory.Pipeline(
                "pipeline", pipeline_name=name, resource_group_name=group.name,
                factory_name=factory.name,
            )  # fmt: skip

        return declare

    stack.up(program("westeurope", "a"))
    assert stack.up(program("West Europe", "a"))["same"] == 4
    assert stack.up(program("westeurope", "b"))["replace"] == 1
    assert stack.up(program("northeurope", "b"))["replace"] >= 1
    assert stack.resources()["factory"]["outputs"]["location"] == "northeurope"
    assert stack.resources()["pipeline"]["outputs"]["name"] == "b"


def test_names_that_a_program_leaves_out(stack: InlineStack) -> None:
    def program() -> None:
        group = azure_native.resources.ResourceGroup("unnamed")
        account = azure_native.storage.StorageAccount(
            "My-Account", resource_group_name=group.name, kind="StorageV2",
            sku={"name": "Standard_LRS"},
        )  # fmt: skip
        azure_native.storage.BlobContainer(
            "inside", account_name=account.name, resource_group_name=group.name
        )
        config = azure_native.authorization.get_client_config_output()
        pulumi.export("subscription", config.subscription_id)

    stack.up(program)
    names = {name: one["outputs"].get("name") for name, one in stack.resources().items()
             if "outputs" in one}  # fmt: skip
    assert len(names["unnamed"]) == len("unnamed") + 8
    assert names["My-Account"].startswith("myaccount")
    assert names["inside"] == "inside"
    assert stack.resources()["unnamed"]["outputs"]["location"] == "westeurope"
    assert stack.outputs()["subscription"] == SUBSCRIPTION


def test_what_is_there_already_is_not_taken_over(
    stack: InlineStack, sandbox: SandboxProcess
) -> None:
    groups = client(sandbox, ResourceManagementClient).resource_groups
    groups.create_or_update("aztaken-rg", {"location": "westeurope"})

    def program() -> None:
        azure_native.resources.ResourceGroup("group", resource_group_name="aztaken-rg")

    with pytest.raises(CommandError):
        stack.up(program)
    taken = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/aztaken-rg"
    assert f"cannot create already existing resource '{taken}'" in stack.problems()

    def importing() -> None:
        options = pulumi.ResourceOptions(import_=taken)
        azure_native.resources.ResourceGroup(
            "group", resource_group_name="aztaken-rg", location="westeurope", opts=options
        )

    assert stack.up(importing)["import"] == 1


def test_a_refusal_is_told_in_the_cloud_s_words(
    stack: InlineStack, sandbox: SandboxProcess
) -> None:
    def program() -> None:
        group = azure_native.resources.ResourceGroup("group", resource_group_name="azwords-rg")
        azure_native.storage.StorageAccount(
            "account", account_name="Not-A-Name", resource_group_name=group.name,
            kind="StorageV2", sku={"name": "Standard_LRS"},
        )  # fmt: skip

    with pytest.raises(CommandError):
        stack.up(program)
    assert 'Status=400 Code="AccountNameInvalid" Message="Not-A-Name is not' in stack.problems()


def test_an_imported_trigger_brings_its_whole_document(
    stack: InlineStack, sandbox: SandboxProcess
) -> None:
    resources, factories = (
        client(sandbox, cls) for cls in (ResourceManagementClient, DataFactoryManagementClient)
    )
    resources.resource_groups.create_or_update("azimport-rg", {"location": "westeurope"})
    where = ("azimport-rg", "azimport-adf")
    factories.factories.create_or_update(*where, {"location": "westeurope"})
    factories.pipelines.create_or_update(*where, "p", pipeline(wait("w")))
    found = factories.triggers.create_or_update(*where, "t", schedule(starts("p")))

    def importing() -> None:
        azure_native.datafactory.Trigger(
            "trigger", resource_group_name=where[0], factory_name=where[1], trigger_name="t",
            properties=azure_native.datafactory.ScheduleTriggerArgs(
                type="ScheduleTrigger",
                pipelines=[{"pipeline_reference": {"reference_name": "p",
                                                   "type": "PipelineReference"},
                            "parameters": {}}],
                recurrence={"frequency": "Day", "interval": 1, "timeZone": "UTC",
                            "startTime": "2027-01-01T00:00:00Z"},
            ),
            opts=pulumi.ResourceOptions(import_=found.id),
        )  # fmt: skip

    assert stack.up(importing)["import"] == 1
    assert stack.problems() == ""
