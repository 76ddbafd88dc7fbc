"""SimulatePrincipalPolicy says what the same requests would meet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, SandboxAws, allow, document, make_role
from tests.sandbox.aws.test_identities import make_user
from tests.sandbox.aws.test_signatures import refusal

pytestmark = pytest.mark.sandbox

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


def decisions(answer: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (each["EvalActionName"], each["EvalResourceName"]): each["EvalDecision"]
        for each in answer["EvaluationResults"]
    }


def test_a_user_may_ask_what_it_may(aws: SandboxAws) -> None:
    key = make_user(
        aws, "ann", allow("iam:SimulatePrincipalPolicy", resource=ANN), allow("sqs:*"),
        allow("s3:GetObject", resource="arn:aws:s3:::skyclock-*"),
        {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"},
    )  # fmt: skip
    answer = aws.client_of("iam", key).simulate_principal_policy(
        PolicySourceArn=ANN,
        ActionNames=["sqs:ListQueues", "sqs:DeleteQueue", "s3:GetObject", "s3:PutObject"],
    )
    assert decisions(answer) == {
        ("sqs:ListQueues", "*"): "allowed", ("sqs:DeleteQueue", "*"): "explicitDeny",
        ("s3:GetObject", "*"): "implicitDeny", ("s3:PutObject", "*"): "implicitDeny",
    }  # fmt: skip
    assert answer["IsTruncated"] is False
    found = aws.client_of("iam", key).simulate_principal_policy(
        PolicySourceArn=ANN, ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::skyclock-a/x", "arn:aws:s3:::else/x"],
    )  # fmt: skip
    assert list(decisions(found).values()) == ["allowed", "implicitDeny"]


def test_asking_is_a_permission_of_its_own(aws: SandboxAws) -> None:
    key = make_user(aws, "ann", allow("sqs:*"))
    code, message, status = refusal(
        aws.client_of("iam", key).simulate_principal_policy,
        PolicySourceArn=ANN, ActionNames=["sqs:ListQueues"],
    )  # fmt: skip
    assert (code, status) == ("AccessDenied", 403)
    assert f"iam:SimulatePrincipalPolicy on resource: {ANN}" in message


def test_context_decides_and_what_lacks_is_named(aws: SandboxAws) -> None:
    passed = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    role = make_role(
        aws, "r", "lambda.amazonaws.com", allow("iam:PassRole", Condition=passed)
    )  # fmt: skip
    simulate = aws.client("iam").simulate_principal_policy
    (bare,) = simulate(PolicySourceArn=role, ActionNames=["iam:PassRole"])["EvaluationResults"]
    assert bare["EvalDecision"] == "implicitDeny"
    assert bare["MissingContextValues"] == ["iam:PassedToService"]
    for service, decision in (("states", "allowed"), ("lambda", "implicitDeny")):
        (result,) = simulate(
            PolicySourceArn=role, ActionNames=["iam:PassRole"],
            ContextEntries=[{
                "ContextKeyName": "iam:PassedToService", "ContextKeyType": "string",
                "ContextKeyValues": [f"{service}.amazonaws.com"],
            }],
        )["EvaluationResults"]  # fmt: skip
        assert result["EvalDecision"] == decision and result["MissingContextValues"] == []


def test_a_boundary_counts(aws: SandboxAws) -> None:
    make_user(aws, "ann", allow("*"))
    iam = aws.client("iam")
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=document(allow("sqs:*")))
    iam.put_user_permissions_boundary(
        UserName="ann", PermissionsBoundary=edge["Policy"]["Arn"]
    )  # fmt: skip
    answer = iam.simulate_principal_policy(
        PolicySourceArn=ANN, ActionNames=["sqs:ListQueues", "s3:GetObject"]
    )
    assert list(decisions(answer).values()) == ["allowed", "implicitDeny"]
    details = [each["PermissionsBoundaryDecisionDetail"] for each in answer["EvaluationResults"]]
    assert [each["AllowedByPermissionsBoundary"] for each in details] == [True, False]


def test_results_come_in_pages(aws: SandboxAws) -> None:
    make_user(aws, "ann", allow("sqs:*"))
    names = [f"sqs:Action{number}" for number in range(7)]
    pages = aws.client("iam").get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=ANN, ActionNames=names, PaginationConfig={"PageSize": 3}
    )  # fmt: skip
    found = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert found == [names[:3], names[3:6], names[6:]]


def test_the_ready_made_administrator_may_everything(aws: SandboxAws) -> None:
    answer = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/sandbox", ActionNames=["s3:DeleteBucket"]
    )
    assert list(decisions(answer).values()) == ["allowed"]


def test_whom_iam_does_not_know_is_an_error(aws: SandboxAws) -> None:
    simulate = aws.client("iam").simulate_principal_policy
    gone = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert refusal(simulate, PolicySourceArn=gone, ActionNames=["s3:GetObject"])[::2] == (
        "NoSuchEntity", 404,
    )  # fmt: skip
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    assert refusal(simulate, PolicySourceArn=session, ActionNames=["s3:GetObject"])[0] == (
        "InvalidInput"
    )


def test_policies_can_be_tried_before_they_are_anybodys(aws: SandboxAws) -> None:
    answer = aws.client("iam").simulate_custom_policy(
        PolicyInputList=[document(allow("s3:Get*"))], ActionNames=["s3:GetObject", "s3:PutObject"]
    )
    assert list(decisions(answer).values()) == ["allowed", "implicitDeny"]
    assert refusal(aws.client("iam").simulate_custom_policy, PolicyInputList=["{"],
                   ActionNames=["s3:GetObject"])[0] == "InvalidInput"  # fmt: skip
