"""What a user or a session may do: each of its requests, held against its policies.

Administrators, whose keys name an account, may do everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.decisions import Decision, Policies, decide, denied
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.needs import REST, Need, needs_of
from provisioning.sandbox.aws.policies import Context, Verdict
from provisioning.sandbox.aws.principals import policies_of
from provisioning.sandbox.aws.requests import AwsRequest

# STS looks after its own: who may assume a role is said by two policies.
_FREE = "sts"
_QUERY = ("iam", "sts", "sqs")


def authorise(request: AwsRequest, caller: Caller) -> None:
    """Raise AccessDenied, in AWS's words, for what the caller's policies do not allow."""
    if request.service != _FREE:
        authorise_always(request, caller)


def authorise_always(request: AwsRequest, caller: Caller) -> None:
    if caller.may_everything:
        return
    policies = policies_of(caller)
    general = context_of(caller, region=request.region)
    for need in needs_of(request, caller):
        decision = _decide(policies, need, general)
        if not decision.allowed:
            error = denied(caller.arn, decision, action=need.action, resource=need.resource)
            raise as_said_by(request, error)


def _decide(policies: Policies, need: Need, general: Context) -> Decision:
    context = {**general, **need.context}
    decision = decide(policies, action=need.action, resource=need.resource, context=context)
    if decision.verdict is Verdict.SILENT and (other := need.also_written):
        again = decide(policies, action=need.action, resource=other, context=context)
        return again if again.verdict is not Verdict.SILENT else decision
    return decision


def as_said_by(request: AwsRequest, error: AwsError) -> AwsError:
    """The same refusal with the service's own code and status."""
    if request.service == "s3" or _speaks_query(request):
        return AwsError("AccessDenied", error.message, status=403)
    return AwsError(error.code, error.message, status=403 if request.service in REST else 400)


def context_of(caller: Caller, *, region: str) -> Mapping[str, str]:
    """What conditions may ask of every request."""
    context = {
        "aws:CurrentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(datetime.now(UTC).timestamp())),
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalArn": caller.role_arn or caller.user_arn or caller.arn,
        "aws:PrincipalType": "AssumedRole" if caller.role_arn else "User",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:userid": caller.principal_id,
        **{f"aws:PrincipalTag/{name}": value for name, value in caller.tags},
    }
    if not caller.role_arn:
        context["aws:username"] = caller.arn.rpartition("/")[2]
    return context


def _speaks_query(request: AwsRequest) -> bool:
    form = request.content_type.startswith("application/x-www-form-urlencoded")
    return request.service in _QUERY or form
