from __future__ import annotations

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources import iam
from provisioning.sandbox.provider.values import Properties


class RolePolicy(Resource):
    """A policy written into a role; its id is `role:name`."""

    type = "aws:iam/rolePolicy:RolePolicy"
    label = "IAM Role Policy"
    naming = Naming(longest=128)
    inputs = {
        "name": text(low=1, high=128, pattern=iam.NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=102, pattern=iam.NAME, local=True, replaces=True),
        "policy": policy_text("policy", required=True),
        "role": text(required=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        id = f"{inputs['role']}:{inputs['name']}"
        self._put(cloud, id, inputs)
        return id

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        role, _, name = id.partition(":")
        answer = cloud.find(
            "iam", "get_role_policy", missing=iam.GONE, RoleName=role, PolicyName=name
        )
        if answer is None:
            return None
        document = iam.document_text(answer["PolicyDocument"])
        return {"name": name, "policy": document, "role": role}

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, id, news)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        role, _, name = id.partition(":")
        iam.delete_inline_policies(cloud, role, [name])

    def _put(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        role, _, name = id.partition(":")
        document = inputs["policy"]
        cloud.call(
            "iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document
        )


class RolePolicyAttachment(Resource):
    """A managed policy on a role; its id is `role/arn`."""

    type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    label = "IAM Role Policy Attachment"
    # A second attachment of the same pair would be the first, and go when that is deleted.
    delete_before_replace = True
    inputs = {
        "policyArn": text(required=True, low=20, replaces=True),
        "role": text(required=True, replaces=True),
    }

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        role, arn = inputs["role"], inputs["policyArn"]
        cloud.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        return f"{role}/{arn}"

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        role, _, arn = id.partition("/")
        if cloud.find("iam", "get_role", missing=iam.GONE, RoleName=role) is None:
            return None
        if arn not in iam.attached_policies(cloud, role):
            return None
        return {"policyArn": arn, "role": role}

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        role, _, arn = id.partition("/")
        iam.detach_policies(cloud, role, [arn])
