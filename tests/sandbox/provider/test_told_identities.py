"""Whose credential the resource provider works with, by the name that an operation told."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from provisioning.contracts import Cloud, SandboxIdentity
from provisioning.sandbox.identities import Identities
from provisioning.sandbox.provider.cloud import Clients
from provisioning.sandbox.provider.cloud import Cloud as AwsCloud
from provisioning.sandbox.provider.configuration import read_config
from provisioning.sandbox.provider.refusals import CloudRefused, Refusal
from provisioning.sandbox.provider.sessions import Sessions
from tests.sandbox_identities import AwsAdmin, allowed
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess

pytestmark = pytest.mark.sandbox

CONFIG = {"region": REGION, "allowedAccountIds": [ACCOUNT], "sandboxIdentity": "skyclock-7"}


def told(fields: dict[str, str], *, minutes: float = 30) -> SandboxIdentity:
    return SandboxIdentity(
        cloud=Cloud.AWS,
        reference="skyclock-7",
        fields={name: SecretStr(value) for name, value in fields.items()},
        expires_at=datetime.now(UTC) + timedelta(minutes=minutes),
    )


@pytest.fixture
def identities() -> Identities:
    return Identities()


@pytest.fixture
def cloud(sandbox: SandboxProcess, identities: Identities) -> Iterator[AwsCloud]:
    sessions = Sessions(Clients(sandbox.address.aws_url), {}, identities)
    sessions.configure(peer="ipv4:1", urn="", config=read_config("aws", CONFIG))
    opened = sessions.of(peer="ipv4:1")
    assert isinstance(opened, AwsCloud)
    yield opened
    sessions.close_all()


def test_calls_are_made_as_who_was_told(
    sandbox: SandboxProcess, identities: Identities, cloud: AwsCloud
) -> None:
    key = AwsAdmin(sandbox).user(**allowed("s3:ListAllMyBuckets"))
    identities.put(told(key))
    assert ":user/sky-" in cloud.call("sts", "get_caller_identity")["Arn"]
    assert cloud.call("s3", "list_buckets")["Buckets"] is not None
    with pytest.raises(CloudRefused, match="is not authorized to perform: iam:ListRoles"):
        cloud.call("iam", "list_roles")


def test_nobody_that_is_unknown_or_expired_works(
    sandbox: SandboxProcess, identities: Identities, cloud: AwsCloud
) -> None:
    with pytest.raises(Refusal, match="was not told which identity skyclock-7 is"):
        cloud.call("sts", "get_caller_identity")
    key = AwsAdmin(sandbox).user(**allowed("*"))
    identities.put(told(key, minutes=-1))
    with pytest.raises(Refusal, match="the credential of skyclock-7 expired at"):
        cloud.call("sts", "get_caller_identity")
    identities.put(told(key))
    assert cloud.call("sts", "get_caller_identity")


def test_what_is_wrong_with_one_is_said_without_its_secret(sandbox: SandboxProcess) -> None:
    body = {"cloud": "aws", "reference": "", "fields": {"secret_access_key": "canary"},
            "expires_at": "2027-03-01T12:00:00Z"}  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as caught:
        sandbox.control("/identities", body)
    text = caught.value.read().decode()
    assert caught.value.code == 400
    assert "reference" in text and "canary" not in text
