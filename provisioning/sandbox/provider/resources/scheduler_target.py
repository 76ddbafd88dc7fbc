"""The target of a schedule, with the parameters of each kind of target."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    integer,
    listed,
    mapped,
    record,
    text,
)

_QUEUE = r"arn:aws[a-z-]*:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+"
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"


def _vpc_to_api(vpc: dict[str, Any]) -> dict[str, Any]:
    return {"awsvpcConfiguration": vpc}


def _vpc_from_api(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["awsvpcConfiguration"])


def _public_to_api(public: bool) -> str:
    return "ENABLED" if public else "DISABLED"


def _public_from_api(found: str) -> bool:
    return found == "ENABLED"


def _tags_to_api(value: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": one} for key, one in value.items()]


def _tags_from_api(found: list[dict[str, str]]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in found}


_ECS: dict[str, Property] = {
    "capacityProviderStrategies": listed(
        record(
            {
                "base": integer(low=0, high=100000, api="base"),
                "capacityProvider": text(required=True, low=1, high=255, api="capacityProvider"),
                "weight": integer(low=0, high=1000, api="weight"),
            }
        ),
        is_set=True,
        api="CapacityProviderStrategy",
    ),
    "enableEcsManagedTags": boolean(api="EnableECSManagedTags"),
    "enableExecuteCommand": boolean(),
    "group": text(low=1, high=255),
    "launchType": text(choices=("EC2", "FARGATE", "EXTERNAL")),
    "networkConfiguration": record(
        {
            "assignPublicIp": boolean(encode=_public_to_api, decode=_public_from_api),
            "securityGroups": listed(text(), is_set=True),
            "subnets": listed(text(), required=True, is_set=True),
        },
        encode=_vpc_to_api,
        decode=_vpc_from_api,
    ),
    "placementConstraints": listed(
        record(
            {
                "expression": text(high=2000, api="expression"),
                "type": text(required=True, choices=("distinctInstance", "memberOf"), api="type"),
            }
        ),
        is_set=True,
    ),
    "placementStrategies": listed(
        record(
            {
                "field": text(high=255, api="field"),
                "type": text(required=True, choices=("random", "spread", "binpack"), api="type"),
            }
        ),
        is_set=True,
        api="PlacementStrategy",
    ),
    "platformVersion": text(low=1, high=64),
    "propagateTags": text(choices=("TASK_DEFINITION",)),
    "referenceId": text(high=1024),
    "tags": mapped(text(), encode=_tags_to_api, decode=_tags_from_api),
    "taskCount": integer(default=1, low=1, high=10),
    "taskDefinitionArn": text(required=True, low=1, high=1600),
}

TARGET: dict[str, Property] = {
    "arn": text(required=True, low=1, high=1600),
    "deadLetterConfig": record(
        {"arn": text(required=True, low=1, high=1600, pattern=_QUEUE)},
    ),
    "ecsParameters": record(_ECS),
    "eventbridgeParameters": record(
        {
            "detailType": text(required=True, low=1, high=128),
            "source": text(required=True, low=1, high=256),
        },
        api="EventBridgeParameters",
    ),
    "input": text(low=1),
    "kinesisParameters": record({"partitionKey": text(required=True, low=1, high=256)}),
    # The cloud fills in its own, so that leaving it out is no wish to have none.
    "retryPolicy": record(
        {
            "maximumEventAgeInSeconds": integer(default=86400, low=60, high=86400),
            "maximumRetryAttempts": integer(default=185, low=0, high=185),
        },
        computed=True,
    ),
    "roleArn": text(required=True, low=1, high=1600, pattern=_ROLE),
    "sagemakerPipelineParameters": record(
        {
            "pipelineParameters": listed(
                record(
                    {
                        "name": text(required=True, low=1, high=256, pattern=r"[A-Za-z0-9\-_]*"),
                        "value": text(required=True, low=1, high=1024),
                    }
                ),
                is_set=True,
                api="PipelineParameterList",
            )
        },
        api="SageMakerPipelineParameters",
    ),
    "sqsParameters": record({"messageGroupId": text(low=1, high=128)}),
}
