from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from provisioning.sandbox.identity_tokens import (
    Claims,
    IdentityTokens,
    Reason,
    TokenRefused,
    read_unverified,
)
from tests.sandbox.issuer import Issuer, running_issuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


def verify(at: Issuer, token: str, **more: Any) -> Claims:
    given = {"issuer": at.url, "audiences": ("sky",), **more}
    return IdentityTokens().verify(token, **given)


def refused(at: Issuer, token: str, **more: Any) -> Reason:
    with pytest.raises(TokenRefused) as caught:
        verify(at, token, **more)
    assert token not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_of_the_issuer_is_taken(issuer: Issuer, algorithm: str) -> None:
    issuer.new_key(algorithm, algorithm)
    claims = verify(issuer, issuer.token(key=algorithm, aud=["other", "sky"], more=7))
    assert (claims.issuer, claims.subject) == (issuer.url, "skyclock:connection:1")
    assert claims.audiences == ("other", "sky") and claims.every["more"] == 7


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "someone"}, Reason.AUDIENCE), ({"iss": "http://127.0.0.1:1"}, Reason.ISSUER),
        ({"ago": 1000}, Reason.EXPIRED), ({"ago": -400}, Reason.NOT_YET_VALID),
        ({"nbf": 32503680000}, Reason.NOT_YET_VALID),  # the year 3000
        ({"sub": None}, Reason.MALFORMED), ({"aud": None}, Reason.MALFORMED),
        ({"exp": None}, Reason.MALFORMED), ({"iat": None}, Reason.MALFORMED),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_token_says_is_checked(
    issuer: Issuer, claims: dict[str, Any], reason: Reason
) -> None:
    assert refused(issuer, issuer.token(**claims)) is reason


def test_a_token_that_just_expired_is_taken_within_the_leeway(issuer: Issuer) -> None:
    token = issuer.token(ago=660)
    assert verify(issuer, token).expires_at < time.time()
    assert refused(issuer, token, leeway=0) is Reason.EXPIRED


def test_a_skewed_clock_judges_otherwise(issuer: Issuer) -> None:
    token, now = issuer.token(), time.time()
    assert refused(issuer, token, now=now + 3600) is Reason.EXPIRED
    assert refused(issuer, token, now=now - 3600) is Reason.NOT_YET_VALID


def test_a_signature_of_another_key_is_refused(issuer: Issuer) -> None:
    issuer.new_key("stolen", publish=False)
    assert refused(issuer, issuer.token(key="stolen", header={"kid": "one"})) is Reason.SIGNATURE
    head, body, _ = issuer.token().split(".")
    signature = issuer.token(sub="someone").rpartition(".")[2]
    assert refused(issuer, f"{head}.{body}.{signature}") is Reason.SIGNATURE


def test_symmetric_and_absent_signatures_are_refused(issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    for token in (
        jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "one"}),
        jwt.encode(claims, None, "none", headers={"kid": "one"}),
    ):
        assert refused(issuer, token) is Reason.ALGORITHM


def test_what_is_no_token_is_refused(issuer: Issuer) -> None:
    for token in ("", "a.b.c", "not a token", "x" * 30_000):
        assert refused(issuer, token or "…") is Reason.MALFORMED


def test_keys_are_remembered_and_asked_for_again_when_unknown(issuer: Issuer) -> None:
    tokens = IdentityTokens()
    before = len(issuer.asked)
    for _ in range(3):
        tokens.verify(issuer.token(), issuer=issuer.url, audiences=["sky"])
    assert len(issuer.asked) == before + 2
    issuer.new_key("rotated")
    tokens.verify(issuer.token(key="rotated"), issuer=issuer.url, audiences=["sky"])
    assert len(issuer.asked) == before + 4
    issuer.new_key("unpublished", publish=False)
    assert refused(issuer, issuer.token(key="unpublished")) is Reason.KEY


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://issuer.example", Reason.ISSUER), ("ftp://127.0.0.1", Reason.ISSUER),
        ("file:///etc/passwd", Reason.ISSUER), ("http://127.0.0.1:9", Reason.UNREACHABLE),
        ("http://user@127.0.0.1:9", Reason.ISSUER), ("http://127.0.0.1.example", Reason.ISSUER),
    ],
)  # fmt: skip
def test_an_issuer_is_https_or_on_loopback(issuer: Issuer, url: str, reason: Reason) -> None:
    assert refused(issuer, issuer.token(iss=url), issuer=url) is reason


def test_an_issuer_whose_documents_are_wrong_is_unreachable(issuer: Issuer) -> None:
    with running_issuer() as other:
        discovery = other.documents["/.well-known/openid-configuration"]
        for wrong in ({"issuer": issuer.url}, {"jwks_uri": "http://keys.example"}):
            other.documents["/.well-known/openid-configuration"] = {**discovery, **wrong}
            assert refused(other, other.token(), issuer=other.url) is Reason.UNREACHABLE
        other.documents["/.well-known/openid-configuration"] = discovery
        for body in (b"<html>", b"[]", None):
            other.documents["/keys"] = body
            assert refused(other, other.token(), issuer=other.url) is Reason.UNREACHABLE


def test_a_token_can_be_read_to_find_its_issuer(issuer: Issuer) -> None:
    assert read_unverified(issuer.token()).issuer == issuer.url
