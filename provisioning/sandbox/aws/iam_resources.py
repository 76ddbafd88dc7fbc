"""What an operation of IAM is about: the ARN that policies name, and what conditions may ask.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.query_protocol import Form

# The first member that is given tells the resource.
_NAMED = (
    ("RoleName", "role", "roles"),
    ("UserName", "user", "users"),
    ("GroupName", "group", "groups"),
    ("InstanceProfileName", "instance-profile", "instance_profiles"),
)
_ARNS = ("OpenIDConnectProviderArn", "PolicySourceArn")
# Of policies only what is done to them: attaching one is done to a role, a user or a group.
_WITHOUT_RESOURCE = frozenset(
    {
        "ListRoles",
        "ListUsers",
        "ListGroups",
        "ListPolicies",
        "ListOpenIDConnectProviders",
        "GetAccountSummary",
        "GetAccountAuthorizationDetails",
        "ListAccountAliases",
        "SimulateCustomPolicy",
    }
)


def iam_resource(operation: str, form: Form, *, account: str, caller: str) -> str:
    """`caller` is the name of the user who asks: many operations are about it by default."""
    if operation in _WITHOUT_RESOURCE:
        return "*"
    if operation == "CreatePolicy":
        return _arn(account, "policy", form.get("Path", "/"), form.get("PolicyName", ""))
    if operation == "CreateOpenIDConnectProvider":
        return f"arn:aws:iam::{account}:oidc-provider/{form.get('Url', '').partition('://')[2]}"
    for name in _ARNS:
        if form.get(name):
            return form[name]
    for member, kind, held in _NAMED:
        if form.get(member):
            found = getattr(iam_backends[account]["aws"], held).get(form[member])
            path = found.path if found else form.get("Path", "/")
            return _arn(account, kind, path or "/", form[member])
    if form.get("PolicyArn"):
        return form["PolicyArn"]
    return _arn(account, "user", "/", caller) if caller else "*"


def iam_context(operation: str, form: Form) -> Mapping[str, str]:
    context = {}
    if form.get("PolicyArn"):
        context["iam:PolicyARN"] = form["PolicyArn"]
    if form.get("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = form["PermissionsBoundary"]
    return context


def _arn(account: str, kind: str, path: str, name: str) -> str:
    within = path.strip("/")
    return f"arn:aws:iam::{account}:{kind}/{f'{within}/' if within else ''}{name}"
