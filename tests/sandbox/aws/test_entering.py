"""Skyclock's own ways into AWS, on the sandbox: entered, tried out, and refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from provisioning import checks
from provisioning.checks.declared import needs
from provisioning.clouds import enter, open_session
from provisioning.clouds.methods import SANDBOX_BASE_ACCOUNT, sandbox_base_keys
from provisioning.clouds.policies import Needed, policy
from provisioning.contracts import Access, Cloud, Credential, Level, SandboxAddress
from provisioning.errors import CloudError
from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws
from tests.sandbox.aws.test_assuming_roles import trusting
from tests.sandbox.issuer import Issuer, running_issuer

pytestmark = pytest.mark.sandbox

ROLE = "SkyclockConnection-sandbox"
ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
NEEDS = needs(Cloud.AWS)
DECLARED = {
    Level.OBSERVE: NEEDS.observe,
    Level.RUN: (*NEEDS.observe, *NEEDS.run),
    Level.DEPLOY: (*NEEDS.observe, *NEEDS.run, *NEEDS.deploy),
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


def set_up(aws: SandboxAws, trust: str, level: Level, *, without: str = "") -> None:
    """A role with the policy that Skyclock shows for the level."""
    iam = aws.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    permissions = tuple(each for each in DECLARED[level] if each != without)
    needed = Needed(
        level=level, permissions=permissions, reading=NEEDS.observe, account=ACCOUNT, region=REGION
    )
    for made in policy(Cloud.AWS, needed):
        iam.put_role_policy(RoleName=ROLE, PolicyName=made.name, PolicyDocument=made.text)


def by_role(aws: SandboxAws, **fields: str) -> Access:
    base = sandbox_base_keys()
    given = {
        "role_arn": ARN, "external_id": "agreed", **fields,
        **{name: base.reveal(name) or "" for name in base.fields if name not in fields},
    }  # fmt: skip
    return access(aws, "role", given)


def access(
    aws: SandboxAws, method: str, fields: dict[str, str], *, token: str | None = None
) -> Access:
    secret = {name: SecretStr(value) for name, value in fields.items()}
    return Access(
        cloud=Cloud.AWS, region=REGION, account=ACCOUNT,
        credential=Credential(method=method, fields=secret),
        sandbox=SandboxAddress(
            control_url="http://127.0.0.1:9", aws_url=f"http://127.0.0.1:{aws.port}",
            provider="127.0.0.1:9",
        ),
        identity_token=SecretStr(token) if token else None, reference="skyclock-1",
    )  # fmt: skip


def trust_of_base(external_id: str = "agreed") -> str:
    return trusting({"AWS": SANDBOX_BASE_ACCOUNT}, **{"sts:ExternalId": external_id})


def results(report: checks.Report) -> dict[str, Any]:
    return {each.name: each.result for each in report.checks if each.name != "clock"}


@pytest.mark.parametrize("level", [Level.OBSERVE, Level.DEPLOY])
def test_the_policy_of_a_level_is_all_that_its_test_wants(aws: SandboxAws, level: Level) -> None:
    set_up(aws, trust_of_base(), level)
    report = checks.run(by_role(aws), level, expected_account=ACCOUNT, seconds=60)
    assert set(results(report).values()) == {"pass"}, report.checks
    assert len(results(report)) == len(checks.names(level)) - 1


def test_a_permission_that_lacks_is_named(aws: SandboxAws) -> None:
    set_up(aws, trust_of_base(), Level.DEPLOY, without="lambda:CreateFunction")
    report = checks.run(by_role(aws), Level.DEPLOY, expected_account=ACCOUNT, seconds=60)
    found = {each.name: each for each in report.checks}
    assert (found["start"].result, found["deploy"].result) == ("pass", "fail")
    assert found["deploy"].missing == ("lambda:CreateFunction",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"external_id": "another"}, {"secret_access_key": "x" * 40},
        {"access_key_id": "AKIANOBODYNOBODY0001"}, {"role_arn": f"{ARN}-none"},
    ],
    ids=str,
)  # fmt: skip
def test_who_is_not_let_in_hears_so(aws: SandboxAws, wrong: dict[str, str]) -> None:
    set_up(aws, trust_of_base(), Level.OBSERVE)
    with pytest.raises(CloudError):
        enter(by_role(aws, **wrong))
    report = checks.run(by_role(aws, **wrong), Level.OBSERVE, expected_account=ACCOUNT, seconds=60)
    assert results(report)["identity"] == "fail"


def test_a_token_of_skyclock_lets_in(aws: SandboxAws, issuer: Issuer) -> None:
    iam, name = aws.client("iam"), issuer.url.partition("://")[2]
    made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sky"])
    trust = trusting(
        {"Federated": made["OpenIDConnectProviderArn"]}, "sts:AssumeRoleWithWebIdentity",
        **{f"{name}:sub": "skyclock:connection:1", f"{name}:aud": "sky"},
    )  # fmt: skip
    set_up(aws, trust, Level.OBSERVE)
    entered = enter(access(aws, "web_identity", {"role_arn": ARN}, token=issuer.token()))
    assert entered.expires_at and ROLE in open_session(entered).identity()
    for wrong in (issuer.token(sub="skyclock:connection:2"), issuer.token(aud="else")):
        with pytest.raises(CloudError):
            enter(access(aws, "web_identity", {"role_arn": ARN}, token=wrong))


def test_a_users_keys_let_in_while_they_are_active(aws: SandboxAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="sky")
    key = iam.create_access_key(UserName="sky")["AccessKey"]
    fields = {
        "access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"],
    }  # fmt: skip
    entered = enter(access(aws, "access_keys", fields))
    assert open_session(entered).identity() == f"arn:aws:iam::{ACCOUNT}:user/sky"
    report = checks.run(access(aws, "access_keys", fields), Level.OBSERVE, seconds=60)
    assert results(report)["list"] == "fail"
    iam.update_access_key(UserName="sky", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    report = checks.run(access(aws, "access_keys", fields), Level.OBSERVE, seconds=60)
    assert results(report)["identity"] == "fail"
