"""A rule's target, with the parameters of each kind of target."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.documents import same_json
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    inside,
    integer,
    listed,
    mapped,
    record,
    text,
)


def _vpc_to_api(vpc: dict[str, Any]) -> dict[str, Any]:
    return {"awsvpcConfiguration": vpc}


def _vpc_from_api(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["awsvpcConfiguration"])


def _public_to_api(public: bool) -> str:
    return "ENABLED" if public else "DISABLED"


def _public_from_api(found: str) -> bool:
    return found == "ENABLED"


_ECS: dict[str, Property] = {
    "capacityProviderStrategies": listed(
        record(
            {
                "base": integer(low=0, high=100000, api="base"),
                "capacityProvider": text(required=True, api="capacityProvider"),
                "weight": integer(low=0, high=1000, api="weight"),
            }
        ),
        is_set=True,
        api="CapacityProviderStrategy",
    ),
    "enableEcsManagedTags": boolean(default=False, api="EnableECSManagedTags"),
    "enableExecuteCommand": boolean(default=False),
    "group": text(low=1, high=255),
    "launchType": text(choices=("EC2", "EXTERNAL", "FARGATE")),
    "networkConfiguration": record(
        {
            "assignPublicIp": boolean(encode=_public_to_api, decode=_public_from_api),
            "securityGroups": listed(text(), is_set=True),
            "subnets": listed(text(), required=True, is_set=True),
        },
        encode=_vpc_to_api,
        decode=_vpc_from_api,
    ),
    "orderedPlacementStrategies": listed(
        record({"field": text(api="field"), "type": text(required=True, api="type")}),
        api="PlacementStrategy",
    ),
    "placementConstraints": listed(
        record({"expression": text(api="expression"), "type": text(required=True, api="type")}),
        is_set=True,
    ),
    "platformVersion": text(low=1, high=1600),
    "propagateTags": text(choices=("TASK_DEFINITION",)),
    "tags": mapped(text(), encode=tags.as_pairs, decode=tags.as_map),
    "taskCount": integer(default=1, low=1),
    "taskDefinitionArn": text(required=True, low=1, high=1600),
}

TARGET: dict[str, Property] = {
    "appsyncTarget": record(
        {"graphqlOperation": text(api="GraphQLOperation")}, api="AppSyncParameters"
    ),
    "arn": text(required=True, low=1, high=1600),
    "batchTarget": record(
        {
            "arraySize": integer(low=2, high=10000, api="ArrayProperties", **inside("Size")),
            "jobAttempts": integer(low=1, high=10, api="RetryStrategy", **inside("Attempts")),
            "jobDefinition": text(required=True),
            "jobName": text(required=True),
        },
        api="BatchParameters",
    ),
    "deadLetterConfig": record({"arn": text()}),
    "ecsTarget": record(_ECS, api="EcsParameters"),
    "httpTarget": record(
        {
            "headerParameters": mapped(text()),
            "pathParameterValues": listed(text()),
            "queryStringParameters": mapped(text()),
        },
        api="HttpParameters",
    ),
    "input": text(high=8192, same=same_json),
    "inputPath": text(high=256),
    "inputTransformer": record(
        {
            "inputPaths": mapped(text(), api="InputPathsMap"),
            "inputTemplate": text(required=True, low=1, high=8192),
        }
    ),
    "kinesisTarget": record({"partitionKeyPath": text(low=1, high=256)}, api="KinesisParameters"),
    "redshiftTarget": record(
        {
            "database": text(required=True, low=1, high=64),
            "dbUser": text(low=1, high=128),
            "secretsManagerArn": text(api="SecretManagerArn"),
            "sql": text(),
            "statementName": text(low=1, high=500),
            "withEvent": boolean(),
        },
        api="RedshiftDataParameters",
    ),
    "retryPolicy": record(
        {
            "maximumEventAgeInSeconds": integer(low=60, high=86400),
            "maximumRetryAttempts": integer(low=0, high=185),
        }
    ),
    "roleArn": text(),
    "runCommandTargets": listed(
        record({"key": text(required=True), "values": listed(text(), required=True)}),
        api="RunCommandParameters",
        encode=lambda value: {"RunCommandTargets": value},
        decode=lambda found: found["RunCommandTargets"],
    ),
    "sagemakerPipelineTarget": record(
        {
            "pipelineParameterLists": listed(
                record({"name": text(required=True), "value": text(required=True)}),
                is_set=True,
                api="PipelineParameterList",
            )
        },
        api="SageMakerPipelineParameters",
    ),
    "sqsTarget": record({"messageGroupId": text()}, api="SqsParameters"),
}
