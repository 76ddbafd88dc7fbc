"""Programs for the simulated Azure that the engine runs in these tests."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_azure_native as azure

factory_types = azure.datafactory
SCHEDULE = {"frequency": "Day", "interval": 1, "startTime": "2027-01-01T00:00:00Z",
            "timeZone": "UTC", "schedule": {"hours": [3], "minutes": [0]}}  # fmt: skip
TOPIC_TYPE = "Microsoft.Storage.StorageAccounts"
READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


def everything(*, prefix: str, seconds: int = 5, hour: int = 3, tag: str = "data") -> None:
    """One resource of every type that the sandbox simulates."""
    group = azure.resources.ResourceGroup(
        "group", resource_group_name=f"{prefix}-rg", location="West Europe", tags={"team": tag}
    )
    account = azure.storage.StorageAccount(
        "account", account_name=f"{prefix}data", resource_group_name=group.name,
        location=group.location, kind="StorageV2", sku={"name": "Standard_LRS"},
        allow_blob_public_access=False, minimum_tls_version="TLS1_2",
    )  # fmt: skip
    container = azure.storage.BlobContainer(
        "container", container_name="data", account_name=account.name,
        resource_group_name=group.name,
    )  # fmt: skip
    topic = azure.eventgrid.Topic("topic", resource_group_name=group.name, location="westeurope")
    azure.eventgrid.SystemTopic(
        "of-account", resource_group_name=group.name, location=group.location,
        source=account.id, topic_type=TOPIC_TYPE,
    )  # fmt: skip
    factory = azure.datafactory.Factory(
        "factory", factory_name=f"{prefix}-adf", resource_group_name=group.name,
        location=group.location, identity={"type": "SystemAssigned"},
    )  # fmt: skip
    assert factory.identity is not None
    azure.authorization.RoleAssignment(
        "reads", scope=account.id, role_definition_id=READER, principal_type="ServicePrincipal",
        principal_id=factory.identity.apply(lambda found: found.principal_id),
    )  # fmt: skip
    inside: dict[str, Any] = {"factory_name": factory.name, "resource_group_name": group.name}
    keys = azure.storage.list_storage_account_keys_output(
        account_name=account.name, resource_group_name=group.name
    )
    service = factory_types.LinkedService(
        "service", linked_service_name="blobs", **inside,
        properties=factory_types.AzureBlobStorageLinkedServiceArgs(
            type="AzureBlobStorage",
            connection_string=pulumi.Output.concat(
                "DefaultEndpointsProtocol=https;AccountName=", account.name,
                ";AccountKey=", keys.keys[0].value,
            ),
        ),
    )  # fmt: skip
    dataset = factory_types.Dataset(
        "dataset", dataset_name="table", **inside,
        properties=factory_types.DelimitedTextDatasetArgs(
            type="DelimitedText",
            linked_service_name={"reference_name": service.name, "type": "LinkedServiceReference"},
            location={"type": "AzureBlobStorageLocation", "container": container.name},
            column_delimiter=",",
        ),
    )  # fmt: skip
    pipeline = factory_types.Pipeline(
        "pipeline", pipeline_name="nightly", **inside, concurrency=1,
        parameters={"day": {"type": "String", "default_value": "today"}},
        activities=[
            factory_types.LookupActivityArgs(
                name="look", type="Lookup",
                source={"type": "DelimitedTextSource"},
                dataset={"reference_name": dataset.name, "type": "DatasetReference"},
            ),
            factory_types.ForEachActivityArgs(
                name="each", type="ForEach",
                items={"type": "Expression", "value": "@createArray(1, 2)"},
                depends_on=[{"activity": "look", "dependency_conditions": ["Succeeded"]}],
                activities=[
                    factory_types.WaitActivityArgs(
                        name="wait", type="Wait", wait_time_in_seconds=seconds
                    )
                ],
            ),
        ],
    )  # fmt: skip
    schedule = {**SCHEDULE, "schedule": {"hours": [hour], "minutes": [0]}}
    factory_types.Trigger(
        "trigger", trigger_name="daily", **inside,
        properties=factory_types.ScheduleTriggerArgs(
            type="ScheduleTrigger",
            recurrence=schedule,
            pipelines=[{
                "pipeline_reference": {"reference_name": pipeline.name,
                                       "type": "PipelineReference"},
                "parameters": {"day": "@trigger().scheduledTime"},
            }],
        ),
    )  # fmt: skip
    pulumi.export("endpoint", topic.endpoint)
    pulumi.export("keys", keys.keys)
