"""The role that a machine acts with: whether Step Functions may take it."""

from __future__ import annotations

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.roles import Session, can_assume
from provisioning.sandbox.aws.services import Place

PRINCIPAL = "states.amazonaws.com"
ACCESS_KEY = "ASIASTATES"


def require_role(role: str, place: Place) -> None:
    """Of a machine that is about to be made or changed."""
    if not role.startswith("arn:"):
        raise AwsError("InvalidArn", f"Invalid Role Arn: 'Invalid ARN prefix: {role}'")
    if not can_assume(role, service=PRINCIPAL, context={"aws:SourceAccount": place.account}):
        raise AwsError(
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role.",
        )


def require_trust(session: Session) -> None:
    """Of an execution: the role may have been changed since the machine was made."""
    context = {"aws:SourceAccount": session.account}
    if not can_assume(session.role_arn, service=PRINCIPAL, context=context):
        raise AwsError(
            "AccessDeniedException",
            f"The role {session.role_arn} cannot be assumed by {PRINCIPAL}.",
        )
