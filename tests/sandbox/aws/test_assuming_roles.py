"""STS: who may assume a role, for how long, and what the session may do."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.clouds.methods import SANDBOX_BASE_ACCOUNT, sandbox_base_keys
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    SandboxAws,
    allow,
    document,
    set_policy,
)
from tests.sandbox.aws.test_identities import make_user
from tests.sandbox.aws.test_signatures import refusal, skew

pytestmark = pytest.mark.sandbox

BASE = f"arn:aws:iam::{OTHER_ACCOUNT}:user/base"


def trusting(principal: Any, action: Any = "sts:AssumeRole", **conditions: Any) -> str:
    condition = {"Condition": {"StringEquals": conditions}} if conditions else {}
    return document(
        {"Effect": "Allow", "Principal": principal, "Action": action, **condition}
    )  # fmt: skip


def make_trusting(aws: SandboxAws, trust: str, name: str = "worker", **more: Any) -> str:
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
    set_policy(aws, name, allow("s3:ListBucket"))
    return str(role["Role"]["Arn"])


def make_base(aws: SandboxAws, *statements: dict[str, Any], account: str = OTHER_ACCOUNT) -> Any:
    """STS as a user of another account."""
    iam = aws.client("iam", account=account)
    iam.create_user(UserName="base")
    if statements:
        iam.put_user_policy(UserName="base", PolicyName="p", PolicyDocument=document(*statements))
    return aws.client_of("sts", iam.create_access_key(UserName="base")["AccessKey"])


def assume(sts: Any, arn: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="s1", **more)
    return answer


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": BASE}, {"AWS": OTHER_ACCOUNT}, {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
        {"AWS": ["arn:aws:iam::999999999999:root", BASE]}, {"AWS": "*"},
    ],
    ids=str,
)  # fmt: skip
def test_a_role_is_assumed_from_another_account(aws: SandboxAws, principal: Any) -> None:
    arn = make_trusting(aws, trusting(principal))
    answer = assume(make_base(aws, allow("sts:AssumeRole")), arn)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/s1"
    given = answer["Credentials"]
    assert 3500 < (given["Expiration"] - datetime.now(UTC)).total_seconds() <= 3600
    aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
    aws.restart()
    aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
    assert refusal(aws.client_of("sqs", given).list_queues)[0] == "AccessDenied"
    identity = aws.client_of("sts", given).get_caller_identity()
    assert identity["Account"] == ACCOUNT and identity["UserId"].endswith(":s1")


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "999999999999"}, {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:user/else"},
        {"Service": "lambda.amazonaws.com"}, {"Federated": BASE},
    ],
    ids=str,
)  # fmt: skip
def test_a_role_that_does_not_trust_is_as_one_that_is_not_there(
    aws: SandboxAws, principal: Any
) -> None:
    arn = make_trusting(aws, trusting(principal))
    sts = make_base(aws, allow("sts:AssumeRole"))
    told = [refusal(assume, sts, each) for each in (arn, arn.replace("worker", "none"))]
    assert [each[0] for each in told] == ["AccessDenied"] * 2
    assert told[0][1] == (
        f"User: {BASE} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )
    assert told[1][1] == told[0][1].replace("worker", "none")


def test_the_callers_own_policy_has_to_allow_it_as_well(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    code, message, status = refusal(assume, make_base(aws), arn)
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith("because no identity-based policy allows the sts:AssumeRole action")


def test_within_an_account_a_user_that_is_named_needs_no_policy(aws: SandboxAws) -> None:
    sts = make_base(aws, account=ACCOUNT)
    named = make_trusting(aws, trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/base"}))
    delegated = make_trusting(aws, trusting({"AWS": ACCOUNT}), "delegated")
    assume(sts, named)
    assert refusal(assume, sts, delegated)[0] == "AccessDenied"
    aws.client("iam").put_user_policy(
        UserName="base", PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole"))
    )
    assume(sts, delegated)


def test_the_external_id_has_to_be_the_agreed_one(aws: SandboxAws) -> None:
    arn = make_trusting(
        aws, trusting({"AWS": OTHER_ACCOUNT}, **{"sts:ExternalId": "agreed/1"})
    )  # fmt: skip
    sts = make_base(aws, allow("sts:AssumeRole"))
    assume(sts, arn, ExternalId="agreed/1")
    for wrong in ({}, {"ExternalId": "another"}, {"ExternalId": "AGREED/1"}):
        assert refusal(assume, sts, arn, **wrong)[0] == "AccessDenied"


def test_a_session_lasts_as_long_as_its_role_lets_it(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}), MaxSessionDuration=7200)
    sts = make_base(aws, allow("sts:AssumeRole"))
    given = assume(sts, arn, DurationSeconds=7200)["Credentials"]
    assert (given["Expiration"] - datetime.now(UTC)).total_seconds() > 7000
    code, message, _ = refusal(assume, sts, arn, DurationSeconds=7201)
    assert code == "ValidationError" and "exceeds the MaxSessionDuration" in message


def test_a_chain_of_roles_lasts_an_hour_at_most(aws: SandboxAws) -> None:
    first = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    set_policy(aws, "worker", allow("sts:AssumeRole"))
    second = make_trusting(aws, trusting({"AWS": first}), "second", MaxSessionDuration=7200)
    given = assume(make_base(aws, allow("sts:AssumeRole")), first)["Credentials"]
    chained = aws.client_of("sts", given)
    assume(chained, second, DurationSeconds=3600)
    code, message, _ = refusal(assume, chained, second, DurationSeconds=3601)
    assert code == "ValidationError" and "role chaining" in message


def test_a_sessions_own_policy_only_takes_away(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    sts = make_base(aws, allow("sts:AssumeRole"))
    given = assume(sts, arn, Policy=document(allow("sqs:*")))["Credentials"]
    for call in (aws.client_of("s3", given).list_objects_v2,):
        message = refusal(call, Bucket=BUCKET)[1]
        assert message.endswith("because no session policy allows the s3:ListBucket action")
    assert refusal(aws.client_of("sqs", given).list_queues)[0] == "AccessDenied"
    reading = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    given = assume(sts, arn, PolicyArns=reading)["Credentials"]
    aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
    assert refusal(assume, sts, arn, Policy="{")[0] == "MalformedPolicyDocument"


def test_tags_of_a_session_are_a_permission_of_their_own(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    sts = make_base(aws, allow("sts:AssumeRole", "sts:TagSession"))
    tags = [{"Key": "team", "Value": "sky"}]
    assert "sts:TagSession" in refusal(assume, sts, arn, Tags=tags)[1]
    both = trusting({"AWS": OTHER_ACCOUNT}, ["sts:AssumeRole", "sts:TagSession"])
    aws.client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=both)
    told = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}
    set_policy(aws, "worker", allow("sqs:ListQueues", Condition=told))
    given = assume(sts, arn, Tags=tags)["Credentials"]
    aws.client_of("sqs", given).list_queues()
    plain = assume(sts, arn)["Credentials"]
    assert refusal(aws.client_of("sqs", plain).list_queues)[0] == "AccessDenied"


def test_sessions_expire_in_real_time(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    given = assume(make_base(aws, allow("sts:AssumeRole")), arn)["Credentials"]
    aws.advance("P1D")  # the sandbox's clock has nothing to do with it
    aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
    session = aws.gate._world.sessions.find(given["AccessKeyId"])
    session.expires_at = time.time() - 1
    for service, operation, expected in (
        ("s3", "list_buckets", ("ExpiredToken", 400)),
        ("sts", "get_caller_identity", ("ExpiredToken", 403)),
        ("sagemaker", "list_models", ("ExpiredTokenException", 400)),
        ("lambda", "list_functions", ("ExpiredTokenException", 403)),
    ):
        assert refusal(getattr(aws.client_of(service, given), operation))[::2] == expected


def test_a_token_of_another_session_is_refused(aws: SandboxAws) -> None:
    arn = make_trusting(aws, trusting({"AWS": OTHER_ACCOUNT}))
    sts = make_base(aws, allow("sts:AssumeRole"))
    given, other = (assume(sts, arn)["Credentials"] for _ in range(2))
    mixed = {**given, "SessionToken": other["SessionToken"]}
    assert refusal(aws.client_of("s3", mixed).list_buckets)[0] == "InvalidToken"
    bare = {**given, "SessionToken": None}
    assert refusal(aws.client_of("sts", bare).get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_users_session_token_is_the_user_but_not_for_iam(aws: SandboxAws) -> None:
    key = make_user(aws, "ann", allow("sqs:*", "iam:*", "sts:GetAccessKeyInfo"))
    given = aws.client_of("sts", key).get_session_token(DurationSeconds=900)["Credentials"]
    sts = aws.client_of("sts", given)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
    aws.client_of("sqs", given).list_queues()
    assert refusal(aws.client_of("iam", given).list_roles)[0] == "InvalidClientTokenId"
    assert refusal(sts.get_session_token)[0] == "AccessDenied"
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == ACCOUNT
    base = make_base(aws)
    assert refusal(base.get_access_key_info, AccessKeyId=key["AccessKeyId"])[0] == "AccessDenied"


def test_the_ready_made_base_identity_takes_on_roles_and_nothing_else(aws: SandboxAws) -> None:
    arn = make_trusting(
        aws, trusting({"AWS": SANDBOX_BASE_ACCOUNT}, **{"sts:ExternalId": "agreed"})
    )
    for _ in range(2):
        keys = sandbox_base_keys()
        known = {
            "AccessKeyId": keys.reveal("access_key_id"),
            "SecretAccessKey": keys.reveal("secret_access_key"),
        }
        sts = aws.client_of("sts", known)
        assert sts.get_caller_identity()["Arn"].endswith(f"{SANDBOX_BASE_ACCOUNT}:user/skyclock")
        given = assume(sts, arn, ExternalId="agreed")["Credentials"]
        aws.client_of("s3", given).list_objects_v2(Bucket=BUCKET)
        assert refusal(aws.client_of("iam", known).list_users)[0] == "AccessDenied"
        aws.restart()


def test_what_sts_lacks_is_named(aws: SandboxAws) -> None:
    call = aws.client("sts").get_federation_token
    assert refusal(call, Name="ann")[::2] == ("NotImplemented", 501)


def test_a_skewed_clock_of_sts_refuses_everybody(aws: SandboxAws) -> None:
    skew(aws, 3600, "sts")
    assert refusal(aws.client("sts").get_caller_identity)[0] == "SignatureDoesNotMatch"
