"""Google's exchanges, by its own libraries, with the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from provisioning import clouds
from provisioning.contracts import Access, Cloud
from provisioning.errors import CloudError, NotPossible, PermissionDenied
from provisioning.masking import MASK, masked
from tests.sandbox.issuer import Issuer, running_issuer
from tests.sandbox_identities import PROJECT, GoogleAdmin, access
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox

SUBJECT = "skyclock:connection:1"
CREATOR = "roles/iam.serviceAccountTokenCreator"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def admin(sandbox: SandboxProcess) -> GoogleAdmin:
    return GoogleAdmin(sandbox)


def by_key(sandbox: SandboxProcess, key: str) -> Access:
    return access(sandbox, Cloud.GOOGLE, "service_account", {"service_account_key": key})


def require_short_lived(entered: Access) -> None:
    assert entered.expires_at is not None
    left = entered.expires_at - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    assert entered.identity_token is None


def test_a_key_is_exchanged_for_a_token_of_an_hour(
    sandbox: SandboxProcess, admin: GoogleAdmin
) -> None:
    email = admin.account("roles/browser")
    stored = by_key(sandbox, admin.key(email))
    entered = clouds.enter(stored)
    require_short_lived(entered)
    assert set(entered.credential.fields) == {"token"}
    assert clouds.check_identity(entered) == clouds.check_identity(stored) == PROJECT
    assert clouds.open_session(stored).identity() == email
    environment = clouds.environment(entered)
    assert environment["GOOGLE_OAUTH_ACCESS_TOKEN"] == entered.credential.reveal("token")
    assert "PRIVATE KEY" not in str(environment)
    assert masked(f"with {entered.credential.reveal('token')}") == f"with {MASK}"


def test_an_account_is_taken_on(sandbox: SandboxProcess, admin: GoogleAdmin) -> None:
    base, target = admin.account(), admin.account("roles/browser")
    fields = {"service_account_key": admin.key(base), "target_principal": target}
    stored = access(sandbox, Cloud.GOOGLE, "impersonation", fields)
    with pytest.raises(PermissionDenied, match=r"iam\.serviceAccounts\.getAccessToken"):
        clouds.enter(stored)
    admin.let(f"serviceAccount:{base}", CREATOR, on=target)
    entered = clouds.enter(stored)
    require_short_lived(entered)
    assert clouds.check_identity(entered) == PROJECT
    assert clouds.open_session(stored).identity() == target


def federated(sandbox: SandboxProcess, provider: str, token: str, **more: str) -> Access:
    fields = {"audience": provider, "project": PROJECT, **more}
    return access(sandbox, Cloud.GOOGLE, "federation", fields, identity_token=token)


def test_an_identity_token_is_exchanged(
    sandbox: SandboxProcess, admin: GoogleAdmin, issuer: Issuer
) -> None:
    provider = admin.provider(issuer.url, "sky")
    pool = provider.partition("/providers/")[0]
    member = f"principal://iam.googleapis.com/{pool}/subject/{SUBJECT}"
    admin.grant(member, "roles/browser")
    stored = federated(sandbox, provider, issuer.token(sub=SUBJECT))
    entered = clouds.enter(stored)
    require_short_lived(entered)
    assert clouds.check_identity(entered) == PROJECT
    assert "workload identity pool" in clouds.open_session(stored).identity()

    target = admin.account("roles/browser")
    admin.let(member, "roles/iam.workloadIdentityUser", on=target)
    taken = federated(sandbox, provider, issuer.token(sub=SUBJECT), service_account_email=target)
    assert clouds.check_identity(clouds.enter(taken)) == PROJECT
    assert clouds.open_session(taken).identity() == target


def refused(stored: Access) -> CloudError:
    with pytest.raises(PermissionDenied) as caught:
        clouds.enter(stored)
    for secret in stored.secrets():
        assert secret not in str(caught.value)
    return caught.value


def test_google_says_why_it_refuses(
    sandbox: SandboxProcess, admin: GoogleAdmin, issuer: Issuer
) -> None:
    email = admin.account()
    key = admin.key(email)
    admin.delete_key(email, key)
    assert "Invalid JWT Signature" in str(refused(by_key(sandbox, key)))
    provider = admin.provider(issuer.url, "sky")
    ended = issuer.token(sub=SUBJECT, ago=7200, seconds=600)
    assert "invalid_grant" in refused(federated(sandbox, provider, ended)).code
    other = refused(federated(sandbox, provider, issuer.token(sub=SUBJECT, aud="other")))
    assert "audience" in str(other)
    gone = provider.replace("providers/skyclock", "providers/elsewhere")
    missing = refused(federated(sandbox, gone, issuer.token(sub=SUBJECT)))
    assert missing.code == "invalid_target"


def test_without_an_identity_token_nobody_is_asked(sandbox: SandboxProcess) -> None:
    name = "projects/1/locations/global/workloadIdentityPools/pool/providers/prov"
    with pytest.raises(NotPossible, match="has none"):
        clouds.enter(federated(sandbox, name, ""))


def test_the_sandboxs_provider_is_told_what_ends(
    sandbox: SandboxProcess, admin: GoogleAdmin
) -> None:
    entered = clouds.enter(by_key(sandbox, admin.key(admin.account("roles/browser"))))
    clouds.introduce(entered)
    config = clouds.pulumi_config(entered)
    assert config["gcp:sandboxIdentity"] == entered.reference
    assert (entered.credential.reveal("token") or "") not in json.dumps(config)
    ready = sandbox.access(cloud=Cloud.GOOGLE).model_copy(update={"reference": "skyclock-1"})
    assert "gcp:sandboxIdentity" not in clouds.pulumi_config(ready)
