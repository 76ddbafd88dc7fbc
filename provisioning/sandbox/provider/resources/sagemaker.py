from __future__ import annotations

import json
from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import json_text, same_json
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Kind, Property, integer, record, text
from provisioning.sandbox.provider.refusals import CloudRefused
from provisioning.sandbox.provider.resources.native import NativeResource
from provisioning.sandbox.provider.times import timestamp
from provisioning.sandbox.provider.values import Properties, is_unknown

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_GONE = ("ResourceNotFound", "ResourceNotFoundException")


def _find(cloud: Cloud, operation: str, **which: str) -> Properties | None:
    """Describe one thing. SageMaker has no code of its own for most that do not exist."""
    try:
        return cloud.find("sagemaker", operation, missing=_GONE, **which)
    except CloudRefused as refused:
        absent = ("does not exist", "could not find", "not found")
        if refused.code == "ValidationException" and any(
            words in refused.message.lower() for words in absent
        ):
            return None
        raise


def _find_tags(cloud: Cloud, arn: str) -> list[dict[str, str]]:
    found = cloud.pages("sagemaker", "list_tags", "Tags", ResourceArn=arn)
    return [
        {"key": one["Key"], "value": one["Value"]}
        for one in found
        if not one["Key"].startswith("aws:")
    ]


def _set_tags(cloud: Cloud, arn: str, inputs: Properties) -> None:
    wanted = {one["key"]: one["value"] for one in inputs.get("tags", [])}
    found = {one["key"]: one["value"] for one in _find_tags(cloud, arn)}
    # A tag that changes goes first: moto keeps both of its values.
    if old := [key for key, value in found.items() if wanted.get(key) != value]:
        cloud.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=old)
    if new := {key: value for key, value in wanted.items() if found.get(key) != value}:
        cloud.call("sagemaker", "add_tags", ResourceArn=arn, Tags=tags.as_pairs(new))


class Pipeline(NativeResource):
    """A SageMaker pipeline; its id is its name."""

    type = "aws-native:sagemaker:Pipeline"
    label = "AWS::SageMaker::Pipeline"
    naming = Naming(property="pipelineName", prefix=None, longest=256)
    inputs = {
        "parallelismConfiguration": record(
            {"maxParallelExecutionSteps": integer(required=True, low=1)}
        ),
        "pipelineDefinition": record(
            {
                "pipelineDefinitionBody": json_text("pipelineDefinitionBody"),
                "pipelineDefinitionS3Location": record(
                    {
                        "bucket": text(required=True),
                        "eTag": text(api="ETag"),
                        "key": text(required=True),
                        "version": text(),
                    }
                ),
            },
            required=True,
        ),
        "pipelineDescription": text(high=3072),
        "pipelineDisplayName": text(high=256, computed=True),
        "pipelineName": text(low=1, high=256, pattern=_NAME, computed=True, replaces=True),
        "roleArn": text(required=True, low=20, high=2048, pattern=_ROLE),
        "tags": tags.LISTED,
    }

    def check(self, inputs: Properties) -> list[Failure]:
        definition = inputs["pipelineDefinition"]
        if is_unknown(definition) or len(definition) == 1:
            return []
        reason = (
            "exactly one of pipelineDefinitionBody and pipelineDefinitionS3Location is required"
        )
        return [Failure(("pipelineDefinition",), reason)]

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["pipelineName"])
        cloud.call(
            "sagemaker",
            "create_pipeline",
            PipelineName=name,
            Tags=[{"Key": one["key"], "Value": one["value"]} for one in inputs.get("tags", [])],
            **_wish(inputs),
        )
        return name

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = _find(cloud, "describe_pipeline", PipelineName=id)
        if answer is None:
            return None
        limit = answer.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
        return {
            "parallelismConfiguration": (
                {"maxParallelExecutionSteps": limit} if limit is not None else None
            ),
            "pipelineDefinition": _definition(answer, known),
            "pipelineDescription": answer.get("PipelineDescription") or None,
            "pipelineDisplayName": answer.get("PipelineDisplayName") or None,
            "pipelineName": answer["PipelineName"],
            "roleArn": answer["RoleArn"],
            "tags": _find_tags(cloud, answer["PipelineArn"]) or None,
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        arn = cloud.call("sagemaker", "describe_pipeline", PipelineName=id)["PipelineArn"]
        if changed - {"tags"}:
            cleared = {"PipelineDescription": ""} if "pipelineDescription" in changed else {}
            wish = {**cleared, **_wish(news)}
            cloud.call("sagemaker", "update_pipeline", PipelineName=id, **wish)
        if "tags" in changed:
            _set_tags(cloud, arn, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if _find(cloud, "describe_pipeline", PipelineName=id) is not None:
            cloud.find("sagemaker", "delete_pipeline", missing=_GONE, PipelineName=id)


def _wish(inputs: Properties) -> dict[str, Any]:
    definition = inputs["pipelineDefinition"]
    wish: dict[str, Any] = {"RoleArn": inputs["roleArn"]}
    if "pipelineDefinitionBody" in definition:
        wish["PipelineDefinition"] = definition["pipelineDefinitionBody"]
    else:
        place = definition["pipelineDefinitionS3Location"]
        wish["PipelineDefinitionS3Location"] = {
            "Bucket": place["bucket"],
            "ObjectKey": place["key"],
            **({"VersionId": place["version"]} if "version" in place else {}),
        }
    if "pipelineDescription" in inputs:
        wish["PipelineDescription"] = inputs["pipelineDescription"]
    if "pipelineDisplayName" in inputs:
        wish["PipelineDisplayName"] = inputs["pipelineDisplayName"]
    if "parallelismConfiguration" in inputs:
        limit = inputs["parallelismConfiguration"]["maxParallelExecutionSteps"]
        wish["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": limit}
    return wish


def _definition(answer: dict[str, Any], known: Properties) -> dict[str, Any]:
    """SageMaker shows the text that it read, never the S3 object that it came from."""
    given = known.get("pipelineDefinition", {})
    if "pipelineDefinitionS3Location" in given:
        return dict(given)
    return {"pipelineDefinitionBody": answer["PipelineDefinition"]}


class ModelPackageGroup(NativeResource):
    """A group of model versions; its id is its ARN."""

    type = "aws-native:sagemaker:ModelPackageGroup"
    label = "AWS::SageMaker::ModelPackageGroup"
    naming = Naming(property="modelPackageGroupName", prefix=None, longest=63)
    inputs = {
        "modelPackageGroupDescription": text(high=1024, replaces=True),
        "modelPackageGroupName": text(low=1, high=63, pattern=_NAME, computed=True, replaces=True),
        "modelPackageGroupPolicy": Property(kind=Kind.ANY, same=same_json),
        "tags": tags.LISTED,
    }
    outputs = ("creationTime", "modelPackageGroupArn", "modelPackageGroupStatus")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        description = inputs.get("modelPackageGroupDescription")
        made = cloud.call(
            "sagemaker",
            "create_model_package_group",
            ModelPackageGroupName=inputs["modelPackageGroupName"],
            Tags=[{"Key": one["key"], "Value": one["value"]} for one in inputs.get("tags", [])],
            **({"ModelPackageGroupDescription": description} if description else {}),
        )
        return str(made["ModelPackageGroupArn"])

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        if policy := inputs.get("modelPackageGroupPolicy"):
            cloud.call(
                "sagemaker",
                "put_model_package_group_policy",
                ModelPackageGroupName=_group_name(id),
                ResourcePolicy=policy if isinstance(policy, str) else json.dumps(policy),
            )

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        name = _group_name(id)
        answer = _find(cloud, "describe_model_package_group", ModelPackageGroupName=name)
        if answer is None:
            return None
        return {
            "creationTime": timestamp(answer["CreationTime"]),
            "modelPackageGroupArn": answer["ModelPackageGroupArn"],
            "modelPackageGroupDescription": answer.get("ModelPackageGroupDescription") or None,
            "modelPackageGroupName": answer["ModelPackageGroupName"],
            "modelPackageGroupPolicy": _group_policy(cloud, name, known),
            "modelPackageGroupStatus": answer["ModelPackageGroupStatus"],
            "tags": _find_tags(cloud, answer["ModelPackageGroupArn"]) or None,
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "modelPackageGroupPolicy" in changed:
            if olds.get("modelPackageGroupPolicy") and not news.get("modelPackageGroupPolicy"):
                cloud.call(
                    "sagemaker",
                    "delete_model_package_group_policy",
                    ModelPackageGroupName=_group_name(id),
                )
            self.settle(cloud, id, news)
        if "tags" in changed:
            _set_tags(cloud, id, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        name = _group_name(id)
        if _find(cloud, "describe_model_package_group", ModelPackageGroupName=name) is not None:
            cloud.find(
                "sagemaker",
                "delete_model_package_group",
                missing=_GONE,
                ModelPackageGroupName=name,
            )


def _group_name(id: str) -> str:
    return id.rsplit("/", 1)[-1]


def _group_policy(cloud: Cloud, name: str, known: Properties) -> Any:
    """The policy of the group, where the program gave it one."""
    if not known.get("modelPackageGroupPolicy"):
        return None
    answer = _find(cloud, "get_model_package_group_policy", ModelPackageGroupName=name)
    return json.loads(answer["ResourcePolicy"]) if answer else None
