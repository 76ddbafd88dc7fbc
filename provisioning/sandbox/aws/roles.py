"""Roles of the simulated IAM, as the other services use them: assume, then be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.decisions import decide, denied
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import trusts
from provisioning.sandbox.aws.principals import find_role, policies_of_role, trust_policy


@dataclass(frozen=True)
class Session:
    """A role that a service has assumed."""

    role_arn: str
    session_name: str

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def role_name(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def principal_id(self) -> str:
        role = find_role(self.role_arn)
        return f"{role.id if role else 'AROAUNKNOWN'}:{self.session_name}"

    def caller(self, *, access_key: str) -> Caller:
        return Caller(
            account=self.account,
            access_key=access_key,
            arn=self.arn,
            principal_id=self.principal_id,
            role_arn=self.role_arn,
        )

    def require(
        self, action: str, resource: str, *, context: Mapping[str, str] | None = None
    ) -> None:
        """Raise AccessDeniedException, in AWS's words, unless the role's policies allow it."""
        policies = policies_of_role(find_role(self.role_arn))
        decision = decide(policies, action=action, resource=resource, context=context)
        if not decision.allowed:
            raise denied(self.arn, decision, action=action, resource=resource)

    def allows(self, action: str, resource: str) -> bool:
        try:
            self.require(action, resource)
        except AwsError:
            return False
        return True


def can_assume(role_arn: str, *, service: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether the role exists and trusts the service."""
    role = find_role(role_arn)
    return role is not None and trusts(trust_policy(role), service=service, context=context)
