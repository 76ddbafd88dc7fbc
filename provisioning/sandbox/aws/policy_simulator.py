"""IAM's policy simulator: what somebody could do, by the evaluation that their requests meet.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from provisioning.sandbox.aws.accounts import ADMINISTRATOR
from provisioning.sandbox.aws.decisions import EVERYTHING, Policies, decide
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.policies import (
    Context,
    Verdict,
    asked_of_context,
    is_document,
)
from provisioning.sandbox.aws.principals import (
    find_group,
    find_role,
    find_user,
    policies_of_group,
    policies_of_role,
    policies_of_user,
)

_DECISIONS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DENIED: "explicitDeny",
    Verdict.SILENT: "implicitDeny",
}
_USUAL_PAGE = 100

Given = Mapping[str, Any]


def simulate_principal(given: Given) -> dict[str, Any]:
    found = _policies(given["PolicySourceArn"])
    more = _checked(given.get("PolicyInputList", []))
    return _page(given, _evaluate(given, found.identity + more, found.boundary, _principal(given)))


def simulate_custom(given: Given) -> dict[str, Any]:
    return _page(given, _evaluate(given, _checked(given["PolicyInputList"]), None, {}))


def _policies(arn: str) -> Policies:
    account = arn.split(":")[4] if arn.count(":") == 5 else ""
    if arn == f"arn:aws:iam::{account}:user/{ADMINISTRATOR}" and not find_user(arn):
        return EVERYTHING  # whoever has a key that names the account
    kind = arn.rpartition(":")[2].partition("/")[0]
    if kind not in _KINDS or ":iam:" not in arn:
        raise AwsError(
            "InvalidInput",
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name.",
        )
    find, policies = _KINDS[kind]
    found = find(arn)
    if found is None:
        raise AwsError(
            "NoSuchEntity",
            f"The {kind} with name {arn.rpartition('/')[2]} cannot be found.",
            status=404,
        )
    return policies(found)


_KINDS: dict[str, tuple[Callable[[str], Any], Callable[[Any], Policies]]] = {
    "user": (find_user, policies_of_user),
    "role": (find_role, policies_of_role),
    "group": (find_group, policies_of_group),
}


def _principal(given: Given) -> Context:
    arn = str(given.get("CallerArn") or given["PolicySourceArn"])
    context = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": arn.split(":")[4]}
    if ":user/" in arn:
        context["aws:username"] = arn.rpartition("/")[2]
    return context


def _evaluate(
    given: Given, identity: tuple[str, ...], boundary: tuple[str, ...] | None, principal: Context
) -> Iterator[dict[str, Any]]:
    if "PermissionsBoundaryPolicyInputList" in given:
        boundary = _checked(given["PermissionsBoundaryPolicyInputList"])
    policies = Policies(identity, boundary)
    context = {**principal, **_entries(given)}
    for action, resource in product(given["ActionNames"], given.get("ResourceArns") or ["*"]):
        decision = decide(policies, action=action, resource=resource, context=context)
        asked = asked_of_context([*identity, *(boundary or ())], action=action, resource=resource)
        result = {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _DECISIONS[decision.verdict],
            "MatchedStatements": [],
            "MissingContextValues": sorted(_missing(asked, context)),
        }
        if boundary is not None:
            alone = decide(Policies(boundary), action=action, resource=resource, context=context)
            result["PermissionsBoundaryDecisionDetail"] = {
                "AllowedByPermissionsBoundary": alone.allowed
            }
        yield result


def _entries(given: Given) -> Context:
    return {
        each["ContextKeyName"]: (each.get("ContextKeyValues") or [""])[0]
        for each in given.get("ContextEntries", [])
        if "ContextKeyName" in each
    }


def _missing(asked: set[str], context: Context) -> set[str]:
    known = {name.lower() for name in context}
    return {name for name in asked if name.lower() not in known}


def _checked(documents: list[str]) -> tuple[str, ...]:
    for document in documents:
        if not is_document(document):
            raise AwsError("InvalidInput", "The policy is not in the valid JSON format.")
    return tuple(documents)


def _page(given: Given, results: Iterator[dict[str, Any]]) -> dict[str, Any]:
    marker = str(given.get("Marker", "0"))
    if not marker.isdecimal():
        raise AwsError("InvalidInput", f"Invalid Marker: {marker}")
    every, begin = list(results), int(marker)
    end = begin + int(given.get("MaxItems", _USUAL_PAGE))
    truncated = end < len(every)
    return {
        "EvaluationResults": every[begin:end],
        "IsTruncated": truncated,
        "Marker": str(end) if truncated else None,
    }
