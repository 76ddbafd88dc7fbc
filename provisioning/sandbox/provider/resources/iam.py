"""What the IAM resource types share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud

GONE = ("NoSuchEntity",)
NAME = r"[\w+=,.@-]*"
PATH = r"/|/[\x21-\x7e]+/"


def document_text(found: Any) -> str:
    """boto3 parses some of IAM's documents and leaves others as they came over the wire."""
    return json.dumps(found) if isinstance(found, dict) else unquote(str(found))


def inline_policies(cloud: Cloud, role: str) -> dict[str, str]:
    found = {}
    for name in cloud.pages("iam", "list_role_policies", "PolicyNames", RoleName=role):
        answer = cloud.call("iam", "get_role_policy", RoleName=role, PolicyName=name)
        found[name] = document_text(answer["PolicyDocument"])
    return found


def attached_policies(cloud: Cloud, role: str) -> list[str]:
    found = cloud.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    return [one["PolicyArn"] for one in found]


def set_inline_policies(cloud: Cloud, role: str, wanted: dict[str, str]) -> None:
    for name in inline_policies(cloud, role):
        if name not in wanted:
            delete_inline_policies(cloud, role, [name])
    for name, document in wanted.items():
        cloud.call(
            "iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document
        )


def set_attached_policies(cloud: Cloud, role: str, wanted: Iterable[str]) -> None:
    found, arns = attached_policies(cloud, role), list(wanted)
    detach_policies(cloud, role, [arn for arn in found if arn not in arns])
    for arn in arns:
        if arn not in found:
            cloud.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)


def delete_inline_policies(cloud: Cloud, role: str, names: Iterable[str]) -> None:
    for name in names:
        cloud.find("iam", "delete_role_policy", missing=GONE, RoleName=role, PolicyName=name)


def detach_policies(cloud: Cloud, role: str, arns: Iterable[str]) -> None:
    for arn in arns:
        cloud.find("iam", "detach_role_policy", missing=GONE, RoleName=role, PolicyArn=arn)


def set_tags(cloud: Cloud, kind: str, wanted: dict[str, str], **which: str) -> None:
    """Make the tags of a role or policy the wanted ones."""
    found = tags.as_map(cloud.call("iam", f"list_{kind}_tags", **which).get("Tags", []))
    if old := tags.removed(found, wanted):
        cloud.call("iam", f"untag_{kind}", TagKeys=old, **which)
    if wanted:
        cloud.call("iam", f"tag_{kind}", Tags=tags.as_pairs(wanted), **which)
