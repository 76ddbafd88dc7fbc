from __future__ import annotations

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import boolean, integer, listed, record, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources import iam
from provisioning.sandbox.provider.times import timestamp
from provisioning.sandbox.provider.values import Properties


class Role(Resource):
    type = "aws:iam/role:Role"
    label = "IAM Role"
    naming = Naming(longest=64)
    inputs = {
        "assumeRolePolicy": policy_text("assume_role_policy", required=True),
        "description": text(high=1000),
        "forceDetachPolicies": boolean(default=False, local=True),
        "inlinePolicies": listed(
            record({"name": text(low=1, high=128), "policy": policy_text("policy")}),
            computed=True,
            is_set=True,
        ),
        "managedPolicyArns": listed(text(low=20), computed=True, is_set=True),
        "maxSessionDuration": integer(default=3600, low=3600, high=43200),
        "name": text(low=1, high=64, pattern=iam.NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=38, pattern=iam.NAME, local=True, replaces=True),
        "path": text(default="/", low=1, high=512, pattern=iam.PATH, replaces=True),
        "permissionsBoundary": text(high=2048),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "createDate", "tagsAll", "uniqueId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        optional = {
            "Description": inputs.get("description"),
            "PermissionsBoundary": inputs.get("permissionsBoundary"),
        }
        made = cloud.call(
            "iam",
            "create_role",
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Path=inputs["path"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            Tags=tags.as_pairs(tags.wanted(cloud, inputs)),
            **{key: value for key, value in optional.items() if value},
        )
        return str(made["Role"]["RoleName"])

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        if "inlinePolicies" in inputs:
            iam.set_inline_policies(cloud, id, _by_name(inputs))
        if "managedPolicyArns" in inputs:
            iam.set_attached_policies(cloud, id, inputs["managedPolicyArns"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find("iam", "get_role", missing=iam.GONE, RoleName=id)
        if answer is None:
            return None
        role = answer["Role"]
        boundary = role.get("PermissionsBoundary", {})
        return {
            "arn": role["Arn"],
            "assumeRolePolicy": iam.document_text(role["AssumeRolePolicyDocument"]),
            "createDate": timestamp(role["CreateDate"]),
            "description": role.get("Description") or None,
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "name": role["RoleName"],
            "path": role["Path"],
            "permissionsBoundary": boundary.get("PermissionsBoundaryArn"),
            "uniqueId": role["RoleId"],
            **tags.shown(cloud, tags.as_map(role.get("Tags", []))),
            **_exclusive(cloud, id, known),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "assumeRolePolicy" in changed:
            document = news["assumeRolePolicy"]
            cloud.call("iam", "update_assume_role_policy", RoleName=id, PolicyDocument=document)
        if changed & {"description", "maxSessionDuration"}:
            cloud.call(
                "iam",
                "update_role",
                RoleName=id,
                Description=news.get("description", ""),
                MaxSessionDuration=news["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed:
            _set_boundary(cloud, id, news.get("permissionsBoundary"))
        if "tags" in changed:
            iam.set_tags(cloud, "role", tags.wanted(cloud, news), RoleName=id)
        self.settle(cloud, id, {name: news[name] for name in changed if name in news})

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if cloud.find("iam", "get_role", missing=iam.GONE, RoleName=id) is None:
            return
        # Policies that the role itself named go with it; others only if that was asked for.
        force = state.get("forceDetachPolicies", False)
        if force or state.get("inlinePolicies"):
            iam.delete_inline_policies(cloud, id, iam.inline_policies(cloud, id))
        if force or state.get("managedPolicyArns"):
            iam.detach_policies(cloud, id, iam.attached_policies(cloud, id))
        cloud.find("iam", "delete_role", missing=iam.GONE, RoleName=id)


def _by_name(inputs: Properties) -> dict[str, str]:
    given = inputs["inlinePolicies"]
    return {one["name"]: one["policy"] for one in given if one.get("name") and one.get("policy")}


def _exclusive(cloud: Cloud, role: str, known: Properties) -> Properties:
    """The policies of the role where it names them all; else other resources hold them."""
    found: Properties = {}
    if known.get("inlinePolicies"):
        pairs = iam.inline_policies(cloud, role).items()
        found["inlinePolicies"] = [{"name": name, "policy": policy} for name, policy in pairs]
    if known.get("managedPolicyArns"):
        found["managedPolicyArns"] = iam.attached_policies(cloud, role)
    return found


def _set_boundary(cloud: Cloud, role: str, arn: str | None) -> None:
    if arn:
        cloud.call("iam", "put_role_permissions_boundary", RoleName=role, PermissionsBoundary=arn)
    else:
        cloud.find("iam", "delete_role_permissions_boundary", missing=iam.GONE, RoleName=role)
