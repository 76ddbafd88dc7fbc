"""What clouds read without signing in."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_the_configuration_names_the_keys(anonymous: Client, settings: Settings) -> None:
    settings.ISSUER_URL = "https://skyclock.example.com"
    answer = anonymous.get("/.well-known/openid-configuration")
    found = answer.json()
    assert found["issuer"] == "https://skyclock.example.com"
    assert found["jwks_uri"] == "https://skyclock.example.com/.well-known/jwks.json"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer


def test_the_keys_have_no_private_half(anonymous: Client) -> None:
    answer = anonymous.get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "n", "e", "alg", "use", "kid"}
    assert answer["Cache-Control"] == "public, max-age=300"
    assert anonymous.get("/.well-known/jwks.json").json() == answer.json()
    assert anonymous.post("/.well-known/jwks.json").status_code == 405
