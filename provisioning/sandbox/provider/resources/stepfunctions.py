from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import json_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import boolean, integer, record, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.times import timestamp
from provisioning.sandbox.provider.values import Properties

_GONE = ("StateMachineDoesNotExist",)
_NAME = r"[a-zA-Z0-9-_]+"
_LEVELS = ("ALL", "ERROR", "FATAL", "OFF")


class StateMachine(Resource):
    """A state machine of Step Functions; its id is its ARN."""

    type = "aws:sfn/stateMachine:StateMachine"
    label = "Step Functions State Machine"
    naming = Naming(longest=80)
    inputs = {
        "definition": json_text("definition", required=True, high=1_048_576),
        "encryptionConfiguration": record(
            {
                "kmsDataKeyReusePeriodSeconds": integer(low=60, high=900),
                "kmsKeyId": text(),
                "type": text(default="AWS_OWNED_KEY",
                             choices=("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY")),
            },
            computed=True,
        ),
        "loggingConfiguration": record(
            {
                "includeExecutionData": boolean(default=False),
                "level": text(default="OFF", choices=_LEVELS),
                "logDestination": text(),
            },
            computed=True,
        ),
        "name": text(low=1, high=80, pattern=_NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=54, pattern=_NAME, local=True, replaces=True),
        "publish": boolean(default=False, local=True),
        "region": text(computed=True, replaces=True),
        "roleArn": text(required=True, low=20, high=2048),
        "tags": tags.MAPPED,
        "tracingConfiguration": record({"enabled": boolean(default=False)}, computed=True),
        "type": text(default="STANDARD", choices=("STANDARD", "EXPRESS"), replaces=True),
    }  # fmt: skip
    outputs = (
        "arn",
        "creationDate",
        "description",
        "revisionId",
        "stateMachineVersionArn",
        "status",
        "tagsAll",
        "versionDescription",
    )

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        given = [{"key": k, "value": v} for k, v in tags.wanted(cloud, inputs).items()]
        made = cloud.call(
            "stepfunctions",
            "create_state_machine",
            name=inputs["name"],
            type=inputs["type"],
            publish=inputs["publish"],
            tags=given,
            **_wish(inputs),
        )
        return str(made["stateMachineArn"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(
            "stepfunctions", "describe_state_machine", missing=_GONE, stateMachineArn=id
        )
        if found is None or found["status"] == "DELETING":
            return None
        answer = cloud.call("stepfunctions", "list_tags_for_resource", resourceArn=id)
        return {
            "arn": found["stateMachineArn"],
            "creationDate": timestamp(found["creationDate"]),
            "definition": found["definition"],
            "description": found.get("description"),
            "loggingConfiguration": _logging(found["loggingConfiguration"]),
            "name": found["name"],
            "region": cloud.region,
            "revisionId": found.get("revisionId"),
            "roleArn": found["roleArn"],
            "status": found["status"],
            "tracingConfiguration": {"enabled": found["tracingConfiguration"]["enabled"]},
            "type": found["type"],
            **tags.shown(cloud, {each["key"]: each["value"] for each in answer["tags"]}),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if changed - {"tags", "publish"}:
            cloud.call("stepfunctions", "update_state_machine", stateMachineArn=id,
                       publish=news["publish"], **_wish(news))  # fmt: skip
        if "tags" in changed:
            _set_tags(cloud, id, tags.wanted(cloud, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("stepfunctions", "delete_state_machine", missing=_GONE, stateMachineArn=id)


def _wish(inputs: Properties) -> dict[str, Any]:
    wish: dict[str, Any] = {"definition": inputs["definition"], "roleArn": inputs["roleArn"]}
    if logging := inputs.get("loggingConfiguration"):
        wish["loggingConfiguration"] = {
            "level": logging["level"],
            "includeExecutionData": logging["includeExecutionData"],
        }
        if arn := logging.get("logDestination"):
            group = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
            wish["loggingConfiguration"]["destinations"] = [group]
    if tracing := inputs.get("tracingConfiguration"):
        wish["tracingConfiguration"] = {"enabled": tracing["enabled"]}
    if encryption := inputs.get("encryptionConfiguration"):
        wish["encryptionConfiguration"] = dict(encryption)
    return wish


def _logging(found: dict[str, Any]) -> dict[str, Any]:
    destinations = found.get("destinations", [])
    arn = destinations[0]["cloudWatchLogsLogGroup"]["logGroupArn"] if destinations else None
    return {
        "includeExecutionData": found["includeExecutionData"],
        "level": found["level"],
        **({"logDestination": arn} if arn else {}),
    }


def _set_tags(cloud: Cloud, arn: str, wanted: dict[str, str]) -> None:
    answer = cloud.call("stepfunctions", "list_tags_for_resource", resourceArn=arn)
    found = {each["key"]: each["value"] for each in answer["tags"]}
    if old := tags.removed(found, wanted):
        cloud.call("stepfunctions", "untag_resource", resourceArn=arn, tagKeys=old)
    if wanted:
        given = [{"key": key, "value": value} for key, value in wanted.items()]
        cloud.call("stepfunctions", "tag_resource", resourceArn=arn, tags=given)
