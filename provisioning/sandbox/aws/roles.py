"""Roles of the simulated IAM, as the other services use them: assume, then be allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import Verdict, evaluate, trusts


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
        role = _find(self.role_arn)
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
        role = _find(self.role_arn)
        verdict = _verdict(role, action, resource, context) if role else Verdict.SILENT
        if verdict is Verdict.ALLOWED:
            return
        because = (
            "with an explicit deny in an identity-based policy"
            if verdict is Verdict.DENIED
            else f"because no identity-based policy allows the {action} action"
        )
        raise AwsError(
            "AccessDeniedException",
            f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} "
            f"{because}",
        )

    def allows(self, action: str, resource: str) -> bool:
        try:
            self.require(action, resource)
        except AwsError:
            return False
        return True


def can_assume(role_arn: str, *, service: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether the role exists and trusts the service."""
    role = _find(role_arn)
    return role is not None and trusts(
        _text(role.assume_role_policy_document), service=service, context=context
    )


def _find(role_arn: str) -> Any:
    parts = role_arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    for role in list(iam_backends[parts[4]]["aws"].roles.values()):
        if role.arn == role_arn:
            return role
    return None


def _verdict(role: Any, action: str, resource: str, context: Mapping[str, str] | None) -> Verdict:
    own = [_text(document) for document in role.policies.values()]
    attached = [_default_document(policy) for policy in role.managed_policies.values()]
    verdict = evaluate([*own, *attached], action=action, resource=resource, context=context)
    boundary = role.permissions_boundary_arn
    if verdict is not Verdict.ALLOWED or not boundary:
        return verdict
    policy = iam_backends[role.account_id]["aws"].managed_policies.get(boundary)
    documents = [_default_document(policy)] if policy else []
    return evaluate(documents, action=action, resource=resource, context=context)


def _default_document(policy: Any) -> str:
    return _text(next(each.document for each in policy.versions if each.is_default))


def _text(document: Any) -> str:
    """moto keeps documents as they came: as text, sometimes with percent signs, or parsed."""
    text = document if isinstance(document, str) else json.dumps(document)
    return text if text.lstrip().startswith("{") else unquote(text)
