"""Azure's credentials, by its own library, with the sandbox's Entra."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import clouds
from provisioning.clouds.private_folder import private_folder
from provisioning.contracts import Access, Cloud
from provisioning.errors import CloudError, NotPossible, PermissionDenied
from tests.sandbox.azure.applications import App, new_certificate
from tests.sandbox.issuer import Issuer, running_issuer
from tests.sandbox_identities import SUBSCRIPTION, access, entra_app, entra_fields, give_role
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox

SUBJECT = "skyclock:connection:1"
AUDIENCE = "api://AzureADTokenExchange"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def app(sandbox: SandboxProcess) -> App:
    made = entra_app(sandbox)
    give_role(sandbox, made.principal, "Reader")
    return made


def by_secret(sandbox: SandboxProcess, app: App, secret: str) -> Access:
    fields = entra_fields(app, client_secret=secret)
    return access(sandbox, Cloud.AZURE, "client_secret", fields)


def by_certificate(sandbox: SandboxProcess, app: App, pem: bytes) -> Access:
    fields = entra_fields(app, certificate_data=pem.decode())
    return access(sandbox, Cloud.AZURE, "certificate", fields)


def federated(sandbox: SandboxProcess, app: App, token: str) -> Access:
    return access(sandbox, Cloud.AZURE, "federation", entra_fields(app), identity_token=token)


def test_every_method_enters(sandbox: SandboxProcess, app: App, issuer: Issuer) -> None:
    pem = new_certificate()
    app.add_certificate(pem)
    app.trust(issuer.url, SUBJECT)
    token = issuer.token(sub=SUBJECT, aud=AUDIENCE)
    for stored in (
        by_secret(sandbox, app, app.add_secret()),
        by_certificate(sandbox, app, pem),
        federated(sandbox, app, token),
    ):
        entered = clouds.enter(stored)
        assert clouds.check_identity(entered) == SUBSCRIPTION
        assert clouds.open_session(entered).identity().startswith(f"application {app.app_id}")


def refused(stored: Access) -> CloudError:
    with pytest.raises(PermissionDenied) as caught:
        clouds.check_identity(stored)
    for secret in stored.secrets():
        assert secret not in str(caught.value)
    return caught.value


def test_entra_says_why_it_refuses(sandbox: SandboxProcess, app: App, issuer: Issuer) -> None:
    wrong = refused(by_secret(sandbox, app, "xyz8Q~abcdefghijklmnopqrstuvwxyz012345"))
    assert wrong.code == "AADSTS7000215"
    unknown = refused(by_certificate(sandbox, app, new_certificate()))
    assert unknown.code == "AADSTS700027"
    assert "does not know this connection's certificate" in str(unknown)
    assert "Thumbprint of key used by client" in str(unknown)
    assert "Trace ID" not in str(unknown)
    app.trust(issuer.url, SUBJECT)
    other = refused(federated(sandbox, app, issuer.token(sub="other", aud=AUDIENCE)))
    assert "No federated credential of the application fits" in str(other)
    old = issuer.token(sub=SUBJECT, aud=AUDIENCE, ago=7200, seconds=600)
    assert refused(federated(sandbox, app, old)).code == "AADSTS700024"


def test_without_an_identity_token_nobody_is_asked(sandbox: SandboxProcess, app: App) -> None:
    with pytest.raises(NotPossible, match="has none"):
        clouds.check_identity(federated(sandbox, app, ""))


def test_pulumi_gets_a_certificate_as_a_file_that_goes_away(
    sandbox: SandboxProcess, app: App, tmp_path: Path
) -> None:
    pem = new_certificate()
    stored = by_certificate(sandbox, app, pem)
    with private_folder(tmp_path) as folder:
        environment = clouds.environment(stored, folder)
        path = Path(environment["ARM_CLIENT_CERTIFICATE_PATH"])
        assert path.read_text() == stored.credential.reveal("certificate_data")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert "PRIVATE KEY" not in str(environment)
        assert "ARM_CLIENT_SECRET" not in environment
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    crashed = private_folder(tmp_path)
    folder = crashed.__enter__()
    folder.mkdir()
    (folder / "certificate.pem").write_text("left")
    with private_folder(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_pulumi_shows_the_identity_token_itself(sandbox: SandboxProcess, app: App) -> None:
    stored = federated(sandbox, app, "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl")
    environment = clouds.environment(clouds.enter(stored))
    assert environment["ARM_USE_OIDC"] == "true"
    assert environment["ARM_OIDC_TOKEN"] == "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
    assert "eyJ" not in str(clouds.pulumi_config(stored))


def test_what_the_sandbox_gave_out_is_not_shown_to_azure(sandbox: SandboxProcess, app: App) -> None:
    """Its own transport carries Entra's address there, and no other anywhere."""
    stored = by_secret(sandbox, app, app.add_secret())
    session = clouds.open_session(stored)
    assert session.identity()
    client = session._credential._client._pipeline._transport
    with pytest.raises(Exception, match="The sandbox has no"):
        from azure.core.rest import HttpRequest  # noqa: PLC0415

        client.send(HttpRequest("GET", "https://graph.microsoft.com/v1.0/me"))
