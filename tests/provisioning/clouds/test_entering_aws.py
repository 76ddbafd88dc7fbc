"""Roles of AWS, taken on by AWS's own library, with the sandbox's STS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning import clouds
from provisioning.contracts import Access, Cloud
from provisioning.errors import CloudError, NotPossible, PermissionDenied
from provisioning.masking import MASK, masked
from tests.sandbox.issuer import Issuer, running_issuer
from tests.sandbox_identities import AwsAdmin, access, allowed, trusting
from tests.sandbox_process import ACCOUNT, SandboxProcess

pytestmark = pytest.mark.sandbox

OTHER = "444455556666"
EXTERNAL_ID = "skyclock-4f6d1c"
AUDIENCE, SUBJECT = "sts.amazonaws.com", "skyclock:connection:1"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def admin(sandbox: SandboxProcess) -> AwsAdmin:
    return AwsAdmin(sandbox)


def by_role(sandbox: SandboxProcess, admin: AwsAdmin, **changes: str) -> Access:
    base = admin.user(OTHER, **allowed("sts:AssumeRole"))
    arn = admin.role(trusting(OTHER, EXTERNAL_ID), allowed("s3:ListAllMyBuckets"))
    fields = {"role_arn": arn, "external_id": EXTERNAL_ID, **base, **changes}
    return access(sandbox, Cloud.AWS, "role", fields)


def by_token(sandbox: SandboxProcess, role: str, token: str, **more: Any) -> Access:
    fields = {"role_arn": role, **more}
    return access(sandbox, Cloud.AWS, "web_identity", fields, identity_token=token)


def trusting_issuer(admin: AwsAdmin, issuer: Issuer) -> dict[str, Any]:
    name = issuer.url.partition("://")[2]
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{name}:aud": AUDIENCE, f"{name}:sub": SUBJECT}},
    }


@pytest.fixture(scope="module")
def provider(sandbox: SandboxProcess, issuer: Issuer) -> str:
    return AwsAdmin(sandbox).provider(issuer.url, AUDIENCE)


def require_ends_in(entered: Access, seconds: int) -> None:
    assert entered.expires_at is not None
    left = entered.expires_at - datetime.now(UTC)
    assert timedelta(seconds=seconds - 120) < left <= timedelta(seconds=seconds + 5)


def test_a_role_is_taken_on_for_an_hour(sandbox: SandboxProcess, admin: AwsAdmin) -> None:
    stored = by_role(sandbox, admin)
    entered = clouds.enter(stored)
    require_ends_in(entered, 3600)
    assert set(entered.credential.fields) == {
        "access_key_id", "secret_access_key", "session_token",
    }  # fmt: skip
    name = stored.credential.reveal("role_arn").rpartition("/")[2]
    assert clouds.check_identity(entered) == ACCOUNT
    who = clouds.open_session(entered).identity()
    assert who.endswith(f"assumed-role/{name}/{stored.reference}")
    environment = clouds.environment(entered)
    assert environment["AWS_SESSION_TOKEN"] == entered.credential.reveal("session_token")
    assert stored.credential.reveal("secret_access_key") not in environment.values()
    token = entered.credential.reveal("session_token")
    assert masked(f"with {token}") == f"with {MASK}"
    assert clouds.enter(entered) == entered


def test_a_long_session_takes_it_on_by_itself(sandbox: SandboxProcess, admin: AwsAdmin) -> None:
    session = clouds.open_session(by_role(sandbox, admin))
    assert ":assumed-role/" in session.identity()
    assert session.client("s3").list_buckets()["Buckets"] is not None
    with pytest.raises(PermissionDenied), clouds.cloud_errors("list roles"):
        session.client("iam").list_roles()


def test_before_it_is_taken_on_there_is_nothing_to_hand_over(
    sandbox: SandboxProcess, admin: AwsAdmin
) -> None:
    with pytest.raises(NotPossible, match="has to be taken on"):
        clouds.environment(by_role(sandbox, admin))


def test_an_identity_token_is_exchanged(
    sandbox: SandboxProcess, admin: AwsAdmin, issuer: Issuer, provider: str
) -> None:
    role = admin.role(trusting_issuer(admin, issuer), allowed("s3:ListAllMyBuckets"))
    token = issuer.token(aud=AUDIENCE, sub=SUBJECT)
    entered = clouds.enter(by_token(sandbox, role, token, duration_seconds="900"))
    require_ends_in(entered, 900)
    assert entered.identity_token is None
    assert clouds.check_identity(entered) == ACCOUNT
    assert clouds.check_identity(by_token(sandbox, role, token)) == ACCOUNT


def refused(stored: Access) -> CloudError:
    with pytest.raises(PermissionDenied) as caught:
        clouds.enter(stored)
    for secret in stored.secrets():
        assert secret not in str(caught.value)
    return caught.value


def test_aws_says_why_it_refuses(
    sandbox: SandboxProcess, admin: AwsAdmin, issuer: Issuer, provider: str
) -> None:
    other = refused(by_role(sandbox, admin, external_id="somebody-elses"))
    assert (other.code, "is not authorized to perform: sts:AssumeRole" in str(other)) == (
        "AccessDenied", True,
    )  # fmt: skip
    wrong = {"secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"}
    assert "does not belong to this access key ID" in str(refused(by_role(sandbox, admin, **wrong)))
    role = admin.role(trusting_issuer(admin, issuer))
    ended = by_token(sandbox, role, issuer.token(aud=AUDIENCE, sub=SUBJECT, ago=7200))
    assert str(refused(ended)).startswith("The identity token has expired, or this machine's clock")
    stranger = by_token(sandbox, role, issuer.token(aud=AUDIENCE, sub="other"))
    assert "sts:AssumeRoleWithWebIdentity" in str(refused(stranger))


def test_the_machines_identity_never_signs_for_the_sandbox(
    sandbox: SandboxProcess, admin: AwsAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_AWS_BASE_IDENTITY", "machine")
    stored = by_role(sandbox, admin, access_key_id="", secret_access_key="")
    with pytest.raises(NotPossible, match="a base key of the sandbox's"):
        clouds.enter(stored)


def test_a_machine_that_may_no_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYCLOCK_AWS_BASE_IDENTITY", "machine")
    typed = {
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/sky",
        "external_id": EXTERNAL_ID,
        "region": "eu-west-1",
    }
    credential, region = clouds.parse_credential(Cloud.AWS, "role", typed)
    monkeypatch.delenv("SKYCLOCK_AWS_BASE_IDENTITY")
    stored = Access(cloud=Cloud.AWS, region=region, account=ACCOUNT, credential=credential)
    with pytest.raises(NotPossible, match="not allowed here"):
        clouds.enter(stored)
