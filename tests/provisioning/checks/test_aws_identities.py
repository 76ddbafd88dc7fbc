"""AWS, tried out by users and roles who lack something: what is red, and what helps."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from provisioning.contracts import Check, Cloud, Level
from tests.provisioning.checks.asked import fault, results, tried
from tests.provisioning.checks.aws_identities import AwsUser
from tests.sandbox.issuer import Issuer, running_issuer
from tests.sandbox_identities import access
from tests.sandbox_process import ACCOUNT, SandboxProcess

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


def statements_of(check: Check) -> list[dict[str, object]]:
    """What the message says to add."""
    added: list[dict[str, object]] = json.loads("[" + check.message.partition("\n\n")[2] + "]")
    return added


@pytest.mark.parametrize("level", list(Level))
def test_the_printed_policy_of_a_level_is_green(level: Level, sandbox: SandboxProcess) -> None:
    user = AwsUser(sandbox).may(level)
    found = tried(user.access(), level, expected_account=ACCOUNT)
    assert set(results(found).values()) == {"pass"}, found
    assert user.arn in found["identity"].message


@pytest.mark.parametrize(
    ("level", "lacking", "red"),
    [
        (Level.OBSERVE, "sagemaker:ListPipelines", {"list", "read_runs"}),
        (Level.OBSERVE, "states:GetExecutionHistory", {"read_runs"}),
        (Level.RUN, "sagemaker:StartPipelineExecution", {"start"}),
        (Level.RUN, "iam:PassRole", {"start"}),
        (Level.DEPLOY, "iam:CreateRole", {"deploy"}),
        (Level.DEPLOY, "events:CreateArchive", {"deploy"}),
    ],
)
def test_one_permission_that_is_missing_is_named_with_what_to_add(
    level: Level, lacking: str, red: set[str], sandbox: SandboxProcess
) -> None:
    user = AwsUser(sandbox).may(level, without=lacking)
    found = tried(user.access(), level)
    failed = {name: check for name, check in found.items() if check.result == "fail"}
    assert set(failed) == red
    assert {check.result for name, check in found.items() if name not in red} == {"pass"}
    for check in failed.values():
        assert check.missing == (lacking,)
        assert f"{user.arn} lacks {lacking}. Add this to its policy in IAM." in check.message
    user.add(*statements_of(next(iter(failed.values()))))
    assert set(results(tried(user.access(), level)).values()) == {"pass"}


def test_a_user_who_may_nothing_sees_red_and_no_empty_lists(sandbox: SandboxProcess) -> None:
    user = AwsUser(sandbox)
    user.add({"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": user.arn})
    found = tried(user.access())
    assert results(found) == {
        "identity": "pass", "clock": "pass", "region": "pass",
        "list": "fail", "read_runs": "fail", "start": "fail", "deploy": "fail",
    }  # fmt: skip
    assert "sagemaker:ListPipelines" in found["list"].missing
    assert "states:ListExecutions" in found["read_runs"].missing
    assert "sagemaker:StartPipelineExecution" in found["start"].missing
    assert "iam:CreateRole" in found["deploy"].missing
    user.add(*(each for check in found.values() if check.missing for each in statements_of(check)))
    assert set(results(tried(user.access())).values()) == {"pass"}


def test_where_iam_may_not_be_asked_the_rest_is_grey(sandbox: SandboxProcess) -> None:
    user = AwsUser(sandbox).may(Level.DEPLOY, but_simulate=True)
    found = tried(user.access())
    assert results(found)["list"] == results(found)["read_runs"] == "pass"
    for name in ("start", "deploy"):
        assert (found[name].result, found[name].missing) == ("unknown", ())
        assert "cannot be asked in advance" in found[name].message
    user.add(*statements_of(found["start"]))
    assert set(results(tried(user.access())).values()) == {"pass"}


def test_a_deny_is_told_apart_because_an_allowance_does_not_help(sandbox: SandboxProcess) -> None:
    user = AwsUser(sandbox).may(Level.RUN)
    action = "sagemaker:StartPipelineExecution"
    user.add({"Effect": "Deny", "Action": action, "Resource": "*"})
    check = tried(user.access(), Level.RUN)["start"]
    assert (check.result, check.missing) == ("fail", (action,))
    assert "denies" in check.message and "does not help against it" in check.message
    assert "\n\n" not in check.message


# ── Who is not let in ───────────────────────────────────────────────────────────────


def grey_rest(found: dict[str, Check]) -> bool:
    return {check.result for name, check in found.items()
            if name not in ("identity", "clock")} == {"unknown"}  # fmt: skip


def test_a_wrong_secret_is_red_and_the_rest_is_not_asked(sandbox: SandboxProcess) -> None:
    found = tried(AwsUser(sandbox).access(secret="w" * 40))
    assert found["identity"].result == "fail" and grey_rest(found)
    assert "does not belong to this access key ID" in found["identity"].message
    assert found["clock"].result == "pass"
    assert "wwww" not in str(found)


def test_a_skewed_clock_is_why_nobody_is_let_in(sandbox: SandboxProcess) -> None:
    user = AwsUser(sandbox).may(Level.OBSERVE)
    with fault(sandbox, "skew", "aws", "*", seconds=900):
        found = tried(user.access(), Level.OBSERVE)
    assert found["identity"].result == found["clock"].result == "fail" and grey_rest(found)
    assert "behind the cloud's. Set it right" in found["clock"].message


def role(sandbox: SandboxProcess, trust: dict[str, object]) -> str:
    iam = AwsUser(sandbox).iam
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **trust}]}
    made = iam.create_role(
        RoleName=f"SkyclockConnection-{uuid.uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps(document),
    )
    return str(made["Role"]["Arn"])


def test_a_role_is_simulated_as_the_role_that_it_is(sandbox: SandboxProcess) -> None:
    base = AwsUser(sandbox)
    arn = role(
        sandbox,
        {
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "sky-1"}},
        },
    )
    base.add({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    base.iam.put_role_policy(
        RoleName=arn.rpartition("/")[2], PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )  # fmt: skip
    fields = {
        "role_arn": arn, "external_id": "sky-1", "access_key_id": base.key["AccessKeyId"],
        "secret_access_key": base.key["SecretAccessKey"],
    }  # fmt: skip
    found = tried(access(sandbox, Cloud.AWS, "role", fields), expected_account=ACCOUNT)
    assert set(results(found).values()) == {"pass"}, found
    wrong = tried(access(sandbox, Cloud.AWS, "role", fields | {"external_id": "sky-2"}))
    assert wrong["identity"].result == "fail" and grey_rest(wrong)


def test_an_expired_identity_token_is_red(sandbox: SandboxProcess, issuer: Issuer) -> None:
    iam = AwsUser(sandbox).iam
    provider = iam.create_open_id_connect_provider(
        Url=issuer.url, ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    arn = role(
        sandbox,
        {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"},
    )

    def by(token: str) -> dict[str, Check]:
        fields = {"role_arn": arn}
        stored = access(sandbox, Cloud.AWS, "web_identity", fields, identity_token=token)
        return tried(stored, Level.OBSERVE)

    assert by(issuer.token(aud="sts.amazonaws.com"))["identity"].result == "pass"
    found = by(issuer.token(aud="sts.amazonaws.com", ago=7200))
    assert found["identity"].result == "fail" and grey_rest(found)
    assert "expired" in found["identity"].message.lower()
