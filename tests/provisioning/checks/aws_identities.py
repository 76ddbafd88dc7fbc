"""Users of the sandbox's AWS who may do just what a test says."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from provisioning import clouds
from provisioning.checks.declared import needs
from provisioning.clouds import policies
from provisioning.clouds.policies import Needed
from provisioning.contracts import Access, Cloud, Level
from tests.sandbox_identities import access
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess


def permissions(level: Level) -> tuple[str, ...]:
    declared = needs(Cloud.AWS)
    groups = {
        Level.OBSERVE: declared.observe,
        Level.RUN: declared.observe + declared.run,
        Level.DEPLOY: declared.observe + declared.run + declared.deploy,
    }
    return groups[level]


@dataclass
class AwsUser:
    """With the policy that is printed for a level, but for some of it."""

    sandbox: SandboxProcess
    name: str = field(default_factory=lambda: f"SkyclockConnection-{uuid.uuid4().hex[:8]}")
    key: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.iam.create_user(UserName=self.name)
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]

    @property
    def iam(self) -> Any:
        return clouds.open_session(self.sandbox.access()).client("iam")

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:user/{self.name}"

    def may(self, level: Level, *, without: str = "", but_simulate: bool = False) -> AwsUser:
        needed = Needed(
            level=level,
            permissions=tuple(each for each in permissions(level) if each != without),
            reading=permissions(Level.OBSERVE),
            account=ACCOUNT,
            region=REGION,
        )
        for each in policies.policy(Cloud.AWS, needed):
            document = json.loads(each.text)
            if but_simulate:
                document["Statement"] = [
                    one for one in document["Statement"]
                    if "iam:SimulatePrincipalPolicy" not in one["Action"]
                ]  # fmt: skip
            self.attach(document)
        return self

    def add(self, *statements: dict[str, Any]) -> None:
        self.attach({"Version": "2012-10-17", "Statement": list(statements)})

    def attach(self, document: dict[str, Any]) -> None:
        name = f"{self.name}-{uuid.uuid4().hex[:8]}"
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        self.iam.attach_user_policy(UserName=self.name, PolicyArn=made["Policy"]["Arn"])

    def access(self, *, secret: str = "") -> Access:
        fields = {
            "access_key_id": self.key["AccessKeyId"],
            "secret_access_key": secret or self.key["SecretAccessKey"],
        }
        return access(self.sandbox, Cloud.AWS, "access_keys", fields)
