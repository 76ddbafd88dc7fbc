"""What policy documents allow."""

from __future__ import annotations

import pytest

from provisioning.sandbox.aws.decisions import Decision, Policies, decide, denied
from provisioning.sandbox.aws.policies import Verdict, evaluate, trusts
from tests.sandbox.aws.conftest import allow, document

PIPELINE = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/churn"


def verdict(*statements: dict[str, object], action: str = "sagemaker:StartPipelineExecution",
            **context: str) -> Verdict:  # fmt: skip
    return evaluate(
        [document(*statements)],
        action=action,
        resource=PIPELINE,
        context={name.replace("_", ":"): value for name, value in context.items()},
    )


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:StartPipelineExecution", PIPELINE),
        ("sagemaker:startpipelineexecution", PIPELINE),
        ("sagemaker:Start*", "arn:aws:sagemaker:*:*:pipeline/*"),
        ("*", "*"),
        ("sagemaker:*", "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/chur?"),
    ],
)
def test_an_allow_that_fits_allows(action: str, resource: str) -> None:
    assert verdict(allow(action, resource=resource)) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:StopPipelineExecution", "*"),
        ("s3:*", "*"),
        ("sagemaker:*", f"{PIPELINE}2"),
        ("sagemaker:*", "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/chur"),
        ("sagemaker.StartPipelineExecution", "*"),
    ],
)
def test_what_does_not_fit_says_nothing(action: str, resource: str) -> None:
    assert verdict(allow(action, resource=resource)) is Verdict.SILENT


def test_a_deny_beats_an_allow_whatever_comes_first() -> None:
    deny = {**allow("sagemaker:Start*"), "Effect": "Deny"}

    assert verdict(allow("*"), deny) is Verdict.DENIED
    assert verdict(deny, allow("*")) is Verdict.DENIED


def test_an_allow_whose_condition_is_not_met_is_no_deny() -> None:
    narrow = allow("*", Condition={"StringEquals": {"aws:SourceAccount": "999"}})

    assert verdict(narrow, aws_SourceAccount="111") is Verdict.SILENT
    assert verdict(narrow, allow("*"), aws_SourceAccount="111") is Verdict.ALLOWED
    assert verdict(narrow, aws_SourceAccount="999") is Verdict.ALLOWED


def test_not_action_and_not_resource() -> None:
    assert verdict({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}) is Verdict.ALLOWED
    assert verdict({"Effect": "Allow", "Action": "*", "NotResource": PIPELINE}) is Verdict.SILENT


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule-group/*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}}, False),
        ({"StringLike": {"AWS:SourceAccount": ["1*", "2*"]}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ],
)
def test_conditions_of_a_trust_policy(condition: dict[str, object], met: bool) -> None:
    text = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": ["scheduler.amazonaws.com", "sagemaker.amazonaws.com"]},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    )
    context = {
        "aws:SourceAccount": "111122223333",
        "aws:SourceArn": "arn:aws:scheduler:eu-west-1:111122223333:schedule-group/default",
    }

    assert trusts(text, service="scheduler.amazonaws.com", context=context) is met
    assert not trusts(text, service="lambda.amazonaws.com", context=context)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.1"]}}, False),
        ({"IpAddress": {"aws:SourceIp": "no network"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2027-06-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2027-06-01T00:00:00Z"}}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, True),
        ({"NumericGreaterThan": {"s3:max-keys": 10}}, False),
        ({"StringEquals": {"aws:username": "${aws:userid}"}}, False),
        ({"StringLike": {"aws:username": "${s3:who}*"}}, True),
        ({"StringLike": {"aws:username": "${aws:nothing}*"}}, False),
    ],
    ids=str,
)
def test_conditions_of_a_request(condition: dict[str, object], met: bool) -> None:
    text = document({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition})
    context = {
        "aws:SourceIp": "10.1.2.3", "aws:CurrentTime": "2027-03-01T12:00:00Z", "s3:max-keys": "10",
        "aws:username": "ann", "aws:userid": "AIDA", "s3:who": "an",
    }  # fmt: skip
    found = evaluate([text], action="s3:ListBucket", resource="*", context=context)
    assert (found is Verdict.ALLOWED) is met


def test_a_layer_that_is_silent_or_denies_is_named() -> None:
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    nothing = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
    for policies, layer, verdict in (
        (Policies(()), "identity-based policy", Verdict.SILENT),
        (Policies((everything,), (nothing,)), "permissions boundary", Verdict.DENIED),
        (Policies((everything,), (everything,), ()), "session policy", Verdict.SILENT),
        (Policies((everything,), (everything,), (everything,)), "", Verdict.ALLOWED),
    ):
        decision = decide(policies, action="sqs:ListQueues", resource="*")
        assert (decision.layer, decision.verdict) == (layer, verdict)
    told = denied(
        "arn", Decision(Verdict.DENIED, "permissions boundary"), action="a:B", resource="*"
    )
    assert told.message.endswith("with an explicit deny in a permissions boundary")
