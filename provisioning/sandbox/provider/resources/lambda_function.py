from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.archives import same_archive, zip_file
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import (
    Kind,
    Property,
    boolean,
    from_api,
    integer,
    listed,
    mapped,
    record,
    text,
    to_api,
)
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties, is_unknown

_GONE = ("ResourceNotFoundException",)
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def _one(value: Any) -> list[Any]:
    return [value]


def _first(found: list[Any]) -> Any:
    return found[0]


# What UpdateFunctionConfiguration takes, in its own words.
_SETTINGS: dict[str, Property] = {
    "deadLetterConfig": record({"targetArn": text(required=True)}),
    "description": text(high=256),
    "durableConfig": record(
        {"executionTimeout": integer(required=True), "retentionPeriod": integer()},
        computed=True,
        replaces=True,
    ),
    "environment": record({"variables": mapped(text())}),
    "ephemeralStorage": record(
        {"size": integer(low=512, high=10240, computed=True)}, computed=True
    ),
    "fileSystemConfig": record(
        {"arn": text(required=True), "localMountPath": text(required=True)},
        api="FileSystemConfigs",
        encode=_one,
        decode=_first,
    ),
    "handler": text(low=1, high=128),
    "imageConfig": record(
        {
            "commands": listed(text(), api="Command"),
            "entryPoints": listed(text(), api="EntryPoint"),
            "workingDirectory": text(),
        }
    ),
    "kmsKeyArn": text(api="KMSKeyArn"),
    "layers": listed(text()),
    "loggingConfig": record(
        {
            "applicationLogLevel": text(choices=_LEVELS),
            "logFormat": text(required=True, choices=("Text", "JSON")),
            "logGroup": text(computed=True),
            "systemLogLevel": text(choices=("DEBUG", "INFO", "WARN")),
        },
        computed=True,
    ),
    "memorySize": integer(default=128, low=128, high=32768),
    "role": text(required=True),
    "runtime": text(),
    "timeout": integer(default=3, low=1, high=900),
    "tracingConfig": record(
        {"mode": text(required=True, choices=("Active", "PassThrough"))}, computed=True
    ),
}
# What belongs to the function, but is set when it is made only.
_MADE_WITH: dict[str, Property] = {
    "architectures": listed(text(choices=("x86_64", "arm64")), computed=True),
    "capacityProviderConfig": record(
        {
            "lambdaManagedInstancesCapacityProviderConfig": record(
                {
                    "capacityProviderArn": text(required=True),
                    "executionEnvironmentMemoryGibPerVcpu": integer(computed=True),
                    "perExecutionEnvironmentMaxConcurrency": integer(computed=True),
                },
                required=True,
            )
        },
    ),
    "codeSigningConfigArn": text(),
    "packageType": text(default="Zip", choices=("Zip", "Image"), replaces=True),
    "snapStart": record(
        {
            "applyOn": text(required=True, choices=("PublishedVersions",)),
            "optimizationStatus": text(computed=True),
        }
    ),
    "tenancyConfig": record(
        {"tenantIsolationMode": text(required=True, choices=("PER_TENANT",))}, replaces=True
    ),
    "vpcConfig": record(
        {
            "ipv6AllowedForDualStack": boolean(default=False),
            "securityGroupIds": listed(text(), required=True, is_set=True),
            "subnetIds": listed(text(), required=True, is_set=True),
            "vpcId": text(computed=True),
        }
    ),
}
_CODE = ("code", "codeSha256", "imageUri", "s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash")


class Function(Resource):
    """A Lambda function; its id is its name."""

    type = "aws:lambda/function:Function"
    label = "Lambda Function"
    naming = Naming(longest=64, prefix=None)
    inputs = {
        **_SETTINGS,
        **_MADE_WITH,
        "code": Property(kind=Kind.ANY, local=True, same=same_archive),
        "codeSha256": text(computed=True),
        "imageUri": text(local=True),
        "name": text(low=1, high=64, pattern=r"[\w-]+", computed=True, replaces=True),
        "publish": boolean(default=False, local=True),
        "publishTo": text(local=True),
        "region": text(computed=True, replaces=True),
        "replaceSecurityGroupsOnDestroy": boolean(local=True),
        "replacementSecurityGroupIds": listed(text(), is_set=True, local=True),
        "reservedConcurrentExecutions": integer(default=-1, low=-1),
        "s3Bucket": text(local=True),
        "s3Key": text(local=True),
        "s3ObjectVersion": text(local=True),
        "skipDestroy": boolean(default=False, local=True),
        "sourceCodeHash": text(local=True, computed=True),
        "sourceKmsKeyArn": text(local=True),
        "tags": tags.MAPPED,
        "useResourceTimeoutForPropagation": boolean(local=True),
    }
    outputs = (
        "arn",
        "invokeArn",
        "lastModified",
        "qualifiedArn",
        "qualifiedInvokeArn",
        "responseStreamingInvokeArn",
        "signingJobArn",
        "signingProfileVersionArn",
        "sourceCodeSize",
        "tagsAll",
        "version",
    )

    def check(self, inputs: Properties) -> list[Failure]:
        if not any(name in inputs for name in ("code", "imageUri", "s3Bucket")):
            return [Failure((), "one of `filename,image_uri,s3_bucket` must be specified")]
        unset = [n for n in ("handler", "runtime") if not inputs.get(n)]
        if unset and not is_unknown(inputs["packageType"]) and inputs["packageType"] == "Zip":
            reason = f"{' and '.join(unset)} must be set when package_type is Zip"
            return [Failure((unset[0],), reason)]
        return []

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        wish = to_api({**_SETTINGS, **_MADE_WITH}, inputs)
        made = cloud.call(
            "lambda",
            "create_function",
            FunctionName=inputs["name"],
            Code=_code(inputs),
            Publish=inputs["publish"],
            Tags=tags.wanted(cloud, inputs),
            **wish,
        )
        return str(made["FunctionName"])

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        if inputs["reservedConcurrentExecutions"] >= 0:
            _reserve(cloud, id, inputs["reservedConcurrentExecutions"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find("lambda", "get_function", missing=_GONE, FunctionName=id)
        if answer is None:
            return None
        found = answer["Configuration"]
        shown = from_api({**_SETTINGS, **_MADE_WITH}, found)
        if found.get("SnapStart", {}).get("ApplyOn") == "None":
            shown.pop("snapStart", None)
        arn, region = found["FunctionArn"], cloud.region
        concurrency = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1)
        return {
            **shown,
            **_addresses(arn, region),
            "arn": arn,
            "codeSha256": found["CodeSha256"],
            "lastModified": found["LastModified"],
            "name": found["FunctionName"],
            "region": region,
            "reservedConcurrentExecutions": concurrency,
            "sourceCodeSize": found["CodeSize"],
            "version": found["Version"],
            **tags.shown(cloud, answer.get("Tags", {})),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if changed & {*_CODE, "architectures"}:
            more = {"Architectures": news["architectures"]} if news.get("architectures") else {}
            cloud.call("lambda", "update_function_code", FunctionName=id, **_code(news), **more)
        if changed & set(_SETTINGS):
            wish = {**_cleared(olds, news), **to_api(_SETTINGS, news)}
            cloud.call("lambda", "update_function_configuration", FunctionName=id, **wish)
        if "reservedConcurrentExecutions" in changed:
            _reserve(cloud, id, news["reservedConcurrentExecutions"])
        if "tags" in changed:
            _set_tags(cloud, olds["arn"], tags.wanted(cloud, news))

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            cloud.find("lambda", "delete_function", missing=_GONE, FunctionName=id)


def _code(inputs: Properties) -> dict[str, Any]:
    if "code" in inputs:
        return {"ZipFile": zip_file(inputs["code"])}
    if "imageUri" in inputs:
        return {"ImageUri": inputs["imageUri"]}
    names = {"s3Bucket": "S3Bucket", "s3Key": "S3Key", "s3ObjectVersion": "S3ObjectVersion"}
    return {api: inputs[name] for name, api in names.items() if name in inputs}


def _cleared(olds: Properties, news: Properties) -> dict[str, Any]:
    """What is to be empty from now on, as Lambda wants to hear it."""
    empty: dict[str, Any] = {
        "deadLetterConfig": {"TargetArn": ""},
        "description": "",
        "environment": {"Variables": {}},
        "layers": [],
    }
    gone = {name for name in empty if olds.get(name) and not news.get(name)}
    return {f"{name[:1].upper()}{name[1:]}": empty[name] for name in gone}


def _reserve(cloud: Cloud, id: str, count: int) -> None:
    if count < 0:
        cloud.call("lambda", "delete_function_concurrency", FunctionName=id)
    else:
        cloud.call(
            "lambda",
            "put_function_concurrency",
            FunctionName=id,
            ReservedConcurrentExecutions=count,
        )


def _addresses(arn: str, region: str) -> Properties:
    gateway = f"arn:aws:apigateway:{region}:lambda:path"
    qualified = f"{arn}:$LATEST"
    return {
        "invokeArn": f"{gateway}/2015-03-31/functions/{arn}/invocations",
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": f"{gateway}/2015-03-31/functions/{qualified}/invocations",
        "responseStreamingInvokeArn": (
            f"{gateway}/2021-11-15/functions/{arn}/response-streaming-invocations"
        ),
    }


def _set_tags(cloud: Cloud, arn: str, wanted: dict[str, str]) -> None:
    found = cloud.call("lambda", "list_tags", Resource=arn).get("Tags", {})
    if old := tags.removed(found, wanted):
        cloud.call("lambda", "untag_resource", Resource=arn, TagKeys=old)
    if wanted:
        cloud.call("lambda", "tag_resource", Resource=arn, Tags=wanted)
