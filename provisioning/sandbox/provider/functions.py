"""Functions that programs may call: `aws.get_caller_identity()` and its like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.provider.azure import functions as azure
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.google import functions as google
from provisioning.sandbox.provider.policy_documents import policy_document
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.sessions import AnyCloud
from provisioning.sandbox.provider.values import Properties

Function = Callable[[Any, Properties], Properties]


def call(token: str, cloud: AnyCloud, arguments: Properties) -> Properties:
    if isinstance(cloud, RestCloud) and token.startswith("azure-native:"):
        return azure.call(token, cloud, arguments)
    if isinstance(cloud, RestCloud) and token in google.FUNCTIONS:
        return google.FUNCTIONS[token](cloud, arguments)
    if token not in _FUNCTIONS:
        raise Refusal(f"the sandbox does not simulate {token}")
    return _FUNCTIONS[token](cloud, arguments)


def is_secret(token: str) -> bool:
    """Whether the answer is to be marked as secret, such as keys."""
    return token in azure.SECRET


def _caller_identity(cloud: Cloud, arguments: Properties) -> Properties:
    found = cloud.call("sts", "get_caller_identity")
    return {
        "accountId": found["Account"],
        "arn": found["Arn"],
        "id": found["Account"],
        "userId": found["UserId"],
    }


def _region(cloud: Cloud, arguments: Properties) -> Properties:
    name = str(arguments.get("region") or arguments.get("name") or cloud.region)
    return {
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "id": name,
        "name": name,
        "region": name,
    }


def _partition(cloud: Cloud, arguments: Properties) -> Properties:
    china = cloud.region.startswith("cn-")
    suffix = "amazonaws.com.cn" if china else "amazonaws.com"
    name = "aws-cn" if china else "aws"
    return {
        "dnsSuffix": suffix,
        "id": name,
        "partition": name,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


_FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document,
}
