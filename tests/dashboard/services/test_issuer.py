"""The identity token of a Connection, and what a cloud needs to believe it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from pydantic import SecretStr
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboard.models import Connection
from dashboard.services import issuer, reaching, signing_keys
from provisioning import masking
from provisioning.contracts import Cloud, Credential
from provisioning.errors import NotPossible

POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/s"


@pytest.fixture(autouse=True)
def none_kept(settings: Settings) -> Iterator[None]:
    settings.ISSUER_URL = "https://skyclock.example.com"
    issuer._kept.clear()
    yield
    issuer._kept.clear()


def read(token: str, audience: str) -> dict[str, object]:
    """As a cloud reads it: by the key of the JWKS that the token names."""
    published = jwt.PyJWKSet.from_dict(issuer.keys())
    key = published[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, object] = jwt.decode(token, key, algorithms=["RS256"], audience=audience)
    return found


def test_a_token_says_who_it_is_for_whom_and_how_long(connection: Connection) -> None:
    claims = read(issuer.identity_token(connection), "sts.amazonaws.com")
    assert claims["iss"] == "https://skyclock.example.com"
    assert claims["sub"] == f"skyclock:connection:{connection.uid}"
    assert (claims["connection"], claims["cloud"], claims["level"]) == (
        "Sandbox AWS", "aws", "deploy",
    )  # fmt: skip
    assert claims["jti"]
    left = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_each_cloud_has_its_audience() -> None:
    assert issuer.audience(Cloud.AWS) == "sts.amazonaws.com"
    assert issuer.audience(Cloud.AZURE) == "api://AzureADTokenExchange"
    assert issuer.audience(Cloud.GOOGLE, POOL) == POOL
    with pytest.raises(NotPossible):
        issuer.audience(Cloud.GOOGLE)


def test_the_audience_of_a_credential_is_the_tokens(connection: Connection) -> None:
    given = Credential(method="federation", fields={"audience": SecretStr(POOL)})
    token = issuer.identity_token(connection, credential=given)
    assert read(token, POOL)["aud"] == POOL


def test_tokens_are_masked_wherever_they_would_be_said(connection: Connection) -> None:
    token = issuer.identity_token(connection)
    assert masking.masked(f"Authorization: {token}") == "Authorization: [secret]"


def test_a_token_is_handed_out_again_while_it_is_fresh(connection: Connection) -> None:
    token = issuer.identity_token(connection)
    assert issuer.identity_token(connection) == token
    connection.level = "observe"
    assert issuer.identity_token(connection) != token


def test_no_token_of_a_key_that_others_have_is_handed_out(connection: Connection) -> None:
    token = issuer.identity_token(connection)
    signing_keys.rotate_at_once()
    assert issuer.identity_token(connection) != token
    with pytest.raises(KeyError):
        read(token, "sts.amazonaws.com")


def test_every_connection_has_a_uid_of_its_own(connection: Connection) -> None:
    assert isinstance(connection.uid, UUID)
    assert issuer.subject(connection.uid) == f"skyclock:connection:{connection.uid}"


def test_a_client_finds_the_keys_over_http(
    live_server: LiveServer, settings: Settings, connection: Connection
) -> None:
    settings.ISSUER_URL = live_server.url
    found = reaching.compare(live_server.url + issuer.DOCUMENT_PATH, issuer.document())
    assert found.ok, found.sentence
    client = jwt.PyJWKClient(issuer.document()["jwks_uri"])
    token = issuer.identity_token(connection)
    key = client.get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="sts.amazonaws.com")
    assert claims["iss"] == live_server.url


def test_another_document_and_a_closed_door_are_told(live_server: LiveServer) -> None:
    url = live_server.url
    assert "another document" in reaching.compare(url + issuer.KEYS_PATH, {}).sentence
    assert "sends elsewhere" in reaching.compare(f"{url}/people", {}).sentence
    assert "answers 404" in reaching.compare(f"{url}/nothing", {}).sentence
    assert "else than JSON" in reaching.compare(f"{url}/sign-in", {}).sentence
    assert "could not be fetched" in reaching.compare("http://127.0.0.1:9/x", {}).sentence


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("http://skyclock.example.com", "by https"),
        ("https://skyclock", "no public host name"),
        ("https://skyclock.internal", "no public host name"),
        ("https://10.0.0.7", "no public host name"),
        ("https://[::1]", "no public host name"),
        ("https://sky.acme.io:8443", "port 443 only"),
        ("https://sky.acme.io", ""),
    ],
)
def test_addresses_that_no_cloud_can_use_are_told(address: str, part: str) -> None:
    assert part in reaching.unfit(address)
    assert bool(part) == bool(reaching.unfit(address))


def test_what_is_wrong_with_this_installations_address_is_one_sentence(settings: Settings) -> None:
    settings.ISSUER_URL = "http://127.0.0.1:8000"
    found = issuer.reach()
    assert not found.ok
    assert found.sentence == (
        "The clouds fetch the issuer by https, and its address is http://127.0.0.1:8000."
    )
