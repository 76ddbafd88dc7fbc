from __future__ import annotations

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import integer, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources import iam
from provisioning.sandbox.provider.values import Properties

# IAM keeps five versions; a sixth is refused, so the oldest makes room.
_MOST_VERSIONS = 5


class Policy(Resource):
    """A customer managed policy; its id is its ARN."""

    type = "aws:iam/policy:Policy"
    label = "IAM Policy"
    naming = Naming(longest=128)
    inputs = {
        "delayAfterPolicyCreationInMs": integer(low=1, local=True),
        "description": text(high=1000, replaces=True),
        "name": text(low=1, high=128, pattern=iam.NAME, computed=True, replaces=True),
        "namePrefix": text(low=1, high=102, pattern=iam.NAME, local=True, replaces=True),
        "path": text(default="/", low=1, high=512, pattern=iam.PATH, replaces=True),
        "policy": policy_text("policy", required=True),
        "tags": tags.MAPPED,
    }
    outputs = ("arn", "attachmentCount", "policyId", "tagsAll")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        made = cloud.call(
            "iam",
            "create_policy",
            PolicyName=inputs["name"],
            Path=inputs["path"],
            PolicyDocument=inputs["policy"],
            Description=inputs.get("description", ""),
            Tags=tags.as_pairs(tags.wanted(cloud, inputs)),
        )
        return str(made["Policy"]["Arn"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        answer = cloud.find("iam", "get_policy", missing=iam.GONE, PolicyArn=id)
        if answer is None:
            return None
        policy = answer["Policy"]
        version = cloud.call(
            "iam", "get_policy_version", PolicyArn=id, VersionId=policy["DefaultVersionId"]
        )
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy.get("AttachmentCount", 0),
            "description": policy.get("Description") or None,
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "policy": iam.document_text(version["PolicyVersion"]["Document"]),
            "policyId": policy["PolicyId"],
            **tags.shown(cloud, tags.as_map(policy.get("Tags", []))),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "policy" in changed:
            self._make_room(cloud, id)
            cloud.call(
                "iam",
                "create_policy_version",
                PolicyArn=id,
                PolicyDocument=news["policy"],
                SetAsDefault=True,
            )
        if "tags" in changed:
            iam.set_tags(cloud, "policy", tags.wanted(cloud, news), PolicyArn=id)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if cloud.find("iam", "get_policy", missing=iam.GONE, PolicyArn=id) is None:
            return
        for version in _other_versions(cloud, id):
            cloud.find(
                "iam", "delete_policy_version", missing=iam.GONE, PolicyArn=id, VersionId=version
            )
        cloud.find("iam", "delete_policy", missing=iam.GONE, PolicyArn=id)

    def _make_room(self, cloud: Cloud, id: str) -> None:
        others = _other_versions(cloud, id)
        if len(others) + 1 >= _MOST_VERSIONS:
            cloud.call("iam", "delete_policy_version", PolicyArn=id, VersionId=others[0])


def _other_versions(cloud: Cloud, arn: str) -> list[str]:
    """The versions that are not in force, oldest first."""
    found = cloud.pages("iam", "list_policy_versions", "Versions", PolicyArn=arn)
    ids = [one["VersionId"] for one in found if not one["IsDefaultVersion"]]
    return sorted(ids, key=lambda version: int(version.removeprefix("v")))
