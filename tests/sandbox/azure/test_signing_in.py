"""Applications sign in to the simulated Entra, with Microsoft's own library."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import RSAAlgorithm

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.directory import DOMAIN
from tests.sandbox.azure.applications import (
    ARM,
    AUDIENCE,
    App,
    Graph,
    new_app,
    new_certificate,
)
from tests.sandbox.azure.conftest import SandboxAzure
from tests.sandbox.issuer import Issuer, running_issuer


@pytest.fixture
def app(azure: SandboxAzure) -> App:
    return new_app(azure)


@pytest.fixture(scope="module")
def certificate() -> bytes:
    return new_certificate()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


def claims_of(azure: SandboxAzure, token: str) -> dict[str, Any]:
    """Checked with the keys that the tenant publishes."""
    published = requests.get(f"{azure.url}/entra/{TENANT}/discovery/v2.0/keys", timeout=60)
    wanted = jwt.get_unverified_header(token)["kid"]
    (key,) = [each for each in published.json()["keys"] if each["kid"] == wanted]
    found: dict[str, Any] = jwt.decode(
        token, RSAAlgorithm.from_jwk(key), algorithms=["RS256"], options={"verify_aud": False}
    )
    return found


def refusal(credential: Any) -> str:
    """Entra's number."""
    with pytest.raises(ClientAuthenticationError) as caught:
        credential.get_token(ARM)
    return caught.value.message.partition("AADSTS")[2].partition(":")[0]


def number_of(answer: requests.Response) -> tuple[int, str, int]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


# ── By secret ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tenant", [TENANT, DOMAIN])
def test_a_secret_gets_a_token_that_says_whose_it_is(
    azure: SandboxAzure, app: App, tenant: str
) -> None:
    token = app.by_secret(app.add_secret(), tenant=tenant).get_token(ARM)
    claims = claims_of(azure, token.token)

    assert (claims["appid"], claims["oid"], claims["tid"]) == (app.app_id, app.principal, TENANT)
    assert claims["iss"] == f"https://sts.windows.net/{TENANT}/"
    assert claims["aud"] == "https://management.azure.com"
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 60


def test_a_wrong_secret_is_refused(app: App) -> None:
    secret = app.add_secret()
    assert refusal(app.by_secret(f"{secret}x")) == "7000215"
    key = app.graph.call("GET", f"applications/{app.id}").json()["passwordCredentials"][0]["keyId"]
    assert number_of(app.ask(client_secret=key)) == (401, "invalid_client", 7000215)


def test_a_secret_ends_at_its_time_and_when_it_is_removed(app: App) -> None:
    past = {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2021-01-01T00:00:00Z"}
    assert refusal(app.by_secret(app.add_secret(**past))) == "7000222"

    made = app.graph.made(f"applications/{app.id}/addPassword", {})
    assert app.by_secret(made["secretText"]).get_token(ARM).token
    body = {"keyId": made["keyId"]}
    assert app.graph.call("POST", f"applications/{app.id}/removePassword", body).status_code == 204
    assert refusal(app.by_secret(made["secretText"])) == "7000215"


def test_the_secrets_text_is_told_once_and_not_kept(azure: SandboxAzure, app: App) -> None:
    secret = app.add_secret(displayName="first")
    told = app.graph.call("GET", f"applications/{app.id}").json()["passwordCredentials"][0]
    assert told["secretText"] is None and secret.startswith(told["hint"])
    azure.restart()
    stored = (azure.folder / "sandbox.db").read_bytes()
    assert secret.encode() not in stored


def test_who_is_not_known_is_refused(azure: SandboxAzure, app: App) -> None:
    secret = app.add_secret()
    stranger = App(azure, app.graph, "", "00000000-0000-4000-8000-000000000001", "")
    assert refusal(stranger.by_secret(secret)) == "700016"
    alone = new_app(azure, principal=False)
    assert refusal(alone.by_secret(alone.add_secret())) == "7000229"
    answer = app.ask(tenant="00000000-0000-4000-8000-000000000002", client_secret=secret)
    assert number_of(answer) == (400, "invalid_request", 90002)
    with pytest.raises(ClientAuthenticationError, match="double check your tenant name"):
        app.by_secret(secret, tenant="elsewhere.example").get_token(ARM)


def test_a_disabled_application_is_refused(app: App) -> None:
    path = f"servicePrincipals/{app.principal}"
    assert app.graph.call("PATCH", path, {"accountEnabled": False}).status_code == 204
    assert refusal(app.by_secret(app.add_secret())) == "7000112"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, (401, "invalid_client", 7000216)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"scope": "https://management.azure.com"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://example.com/.default"}, (400, "invalid_resource", 500011)),
        ({"scope": ""}, (400, "invalid_request", 900144)),
        ({"client_assertion": "a.b.c"}, (400, "invalid_request", 900144)),
    ],
    ids=str,
)
def test_a_request_that_entra_refuses(
    app: App, form: dict[str, str], expected: tuple[int, str, int]
) -> None:
    assert number_of(app.ask(**form)) == expected


# ── By certificate ──────────────────────────────────────────────────────────────────


def test_a_certificate_signs_in(azure: SandboxAzure, app: App, certificate: bytes) -> None:
    assert refusal(app.by_certificate(certificate)) == "700027"
    app.add_certificate(certificate)
    token = app.by_certificate(certificate).get_token(ARM)
    assert claims_of(azure, token.token)["oid"] == app.principal


def test_another_certificate_or_one_that_has_ended_is_refused(app: App) -> None:
    ended = new_certificate(days=1, from_now=-3)
    app.add_certificate(ended)
    assert refusal(app.by_certificate(ended)) == "700027"
    assert refusal(app.by_certificate(new_certificate())) == "700027"


def signed(
    app: App, certificate: bytes, *, algorithm: str = "RS256", name: str = "x5t", **more: Any
) -> dict[str, str]:
    """A form with an assertion of our own making."""
    key = serialization.load_pem_private_key(certificate, password=None)
    registered = app.graph.call("GET", f"applications/{app.id}").json()["keyCredentials"][0]
    thumbprint = bytes.fromhex(more.pop("thumbprint", registered["customKeyIdentifier"]))
    now = time.time()
    claims = {
        "aud": f"{app.azure.url}/entra/{TENANT}/oauth2/v2.0/token", "iss": app.app_id,
        "sub": app.app_id, "jti": "1", "nbf": now, "exp": now + 300, **more,
    }  # fmt: skip
    header = {name: jwt.utils.base64url_encode(thumbprint).decode()}
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, key, algorithm, headers=header),  # type: ignore
    }


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_both_ways_of_signing_are_taken(app: App, certificate: bytes, algorithm: str) -> None:
    app.add_certificate(certificate)
    assert app.ask(**signed(app, certificate, algorithm=algorithm)).status_code == 200


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"exp": 1_700_000_000.0}, 700024),
        ({"nbf": 4_000_000_000.0, "exp": 4_000_000_300.0}, 700024),
        ({"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"}, 700023),
        ({"sub": "00000000-0000-4000-8000-000000000001"}, 700021),
        ({"algorithm": "RS512"}, 50027),
    ],
    ids=str,
)
def test_what_an_assertion_says_is_checked(
    app: App, certificate: bytes, claims: dict[str, Any], number: int
) -> None:
    app.add_certificate(certificate)
    answer = app.ask(**signed(app, certificate, **claims))
    assert number_of(answer) == (401, "invalid_client", number)


def test_a_thumbprint_alone_opens_nothing(app: App, certificate: bytes) -> None:
    app.add_certificate(certificate)
    answer = app.ask(**signed(app, new_certificate()))
    assert number_of(answer)[2] == 700027
    assert "use of the key to verify the signature failed" in answer.json()["error_description"]


def test_what_is_no_assertion_is_refused(app: App) -> None:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    answer = app.ask(client_assertion_type=kind, client_assertion="a.b.c")
    assert number_of(answer) == (401, "invalid_client", 50027)


# ── By an identity token ────────────────────────────────────────────────────────────


def test_an_identity_token_of_a_trusted_issuer_signs_in(
    azure: SandboxAzure, app: App, issuer: Issuer
) -> None:
    app.trust(issuer.url, "skyclock:connection:1")
    token = app.by_assertion(issuer.token(aud=AUDIENCE)).get_token(ARM)
    assert claims_of(azure, token.token)["oid"] == app.principal


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"iss": "https://issuer.example"}, "700211"),
        ({"sub": "skyclock:connection:2"}, "700213"),
        ({"sub": "Skyclock:connection:1"}, "7002138"),
        ({"aud": "sky"}, "700212"),
        ({"ago": 4000}, "700024"),
        ({"ago": -4000}, "700024"),
        ({"header": {"kid": "unknown"}}, "700027"),
        ({"sub": None}, "50027"),
    ],
    ids=str,
)
def test_an_identity_token_that_does_not_fit_is_refused(
    app: App, issuer: Issuer, claims: dict[str, Any], number: str
) -> None:
    app.trust(issuer.url, "skyclock:connection:1")
    assert refusal(app.by_assertion(issuer.token(**{"aud": AUDIENCE, **claims}))) == number


def test_a_forged_identity_token_is_refused(app: App, issuer: Issuer) -> None:
    app.trust(issuer.url, "skyclock:connection:1")
    issuer.new_key("stolen", publish=False)
    forged = issuer.token(key="stolen", header={"kid": "one"}, aud=AUDIENCE)
    assert refusal(app.by_assertion(forged)) == "700027"


def test_an_issuer_that_is_away_is_said_so(app: App) -> None:
    with running_issuer() as gone:
        app.trust(gone.url, "skyclock:connection:1")
        token = gone.token(aud=AUDIENCE)
    assert refusal(app.by_assertion(token)) == "501661"


# ── Around it ───────────────────────────────────────────────────────────────────────


def test_the_key_and_the_applications_survive_a_restart(azure: SandboxAzure, app: App) -> None:
    secret = app.add_secret()
    port, before = azure.port, app.ask(client_secret=secret).json()["access_token"]
    azure.restart()
    assert azure.port != port  # so the old addresses are of no use
    assert claims_of(azure, before)["appid"] == app.app_id
    assert app.ask(client_secret=secret).status_code == 200


def test_who_asks_at_the_sandboxs_address_is_told_addresses_there(azure: SandboxAzure) -> None:
    path = f"{azure.url}/entra/{DOMAIN}/v2.0/.well-known/openid-configuration"
    found = requests.get(path, timeout=60).json()
    assert found["token_endpoint"] == f"{azure.url}/entra/{TENANT}/oauth2/v2.0/token"
    assert requests.get(found["jwks_uri"], timeout=60).json()["keys"][0]["kty"] == "RSA"


def test_only_administrators_set_applications_up(azure: SandboxAzure, app: App) -> None:
    token = app.token("https://graph.microsoft.com/.default")
    answer = Graph(azure, token=token).call("GET", "applications")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
    for wrong in (app.token(), "any", "sandbox-only-token-of-me"):
        answer = Graph(azure, token=wrong).call("GET", "applications")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
