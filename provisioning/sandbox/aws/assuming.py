"""Who may assume a role: its trust policy, and the caller's own policies where it says so.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.authorisation import context_of
from provisioning.sandbox.aws.decisions import EVERYTHING, Decision, decide, denied
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import Trust, Verdict, trust_in
from provisioning.sandbox.aws.principals import find_role, policies_of, trust_policy


def require_assumable(
    caller: Caller, role_arn: str, *, action: str, context: Mapping[str, str], region: str
) -> Any:
    """moto's role; AccessDenied unless the caller may do `action` with it.

    The error does not tell a role that is not there from one that does not trust the caller.
    """
    said = {**context_of(caller, region=region), **context}
    own = EVERYTHING if caller.may_everything else policies_of(caller)
    decision = decide(own, action=action, resource=role_arn, context=said)
    role = find_role(role_arn)
    trust = _trust(role, caller, action, said)
    if trust in (Trust.NAMED, Trust.ACCOUNT) and decision.allowed:
        return role
    named_at_home = trust is Trust.NAMED and role.account_id == caller.account
    if named_at_home and _only_identity_is_silent(decision):
        return role
    raise _refusal(caller, role_arn, decision, action)


def _trust(role: Any, caller: Caller, action: str, context: Mapping[str, str]) -> Trust:
    if role is None:
        return Trust.NONE
    names = {caller.arn, caller.role_arn or caller.arn}
    return trust_in(
        trust_policy(role), action=action, names=names, account=caller.account, context=context
    )


def _only_identity_is_silent(decision: Decision) -> bool:
    """Within an account, a trust policy that names somebody is enough."""
    return decision.verdict is Verdict.SILENT and decision.layer == "identity-based policy"


def _refusal(caller: Caller, role_arn: str, decision: Decision, action: str) -> AwsError:
    if not decision.allowed:
        message = denied(caller.arn, decision, action=action, resource=role_arn).message
    else:
        message = (
            f"User: {caller.arn} is not authorized to perform: {action} on resource: {role_arn}"
        )
    return AwsError("AccessDenied", message, status=403)
