from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from pytest_django import Settings

from dashboard import secrets
from provisioning.contracts import Credential
from provisioning.errors import CredentialUnreadable

CREDENTIAL = Credential(method="access_keys", fields={"secret_access_key": SecretStr("hush-hush")})


def key() -> str:
    return Fernet.generate_key().decode()


def test_it_opens_what_it_sealed() -> None:
    sealed = secrets.seal(CREDENTIAL)
    assert "hush" not in sealed
    assert secrets.unseal(sealed).reveal("secret_access_key") == "hush-hush"


def test_an_older_key_still_opens(settings: Settings) -> None:
    old, new = key(), key()
    settings.SEALING_KEYS = [old]
    sealed = secrets.seal(CREDENTIAL)
    settings.SEALING_KEYS = [new, old]
    assert secrets.unseal(sealed) == CREDENTIAL


def test_a_wrong_key_is_a_sentence(settings: Settings) -> None:
    sealed = secrets.seal(CREDENTIAL)
    settings.SEALING_KEYS = [key()]
    with pytest.raises(CredentialUnreadable, match="SKYCLOCK_SEALING_KEYS") as caught:
        secrets.unseal(sealed)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("keys", [[], ["short"], [key(), "not a key"]])
def test_keys_that_are_none_fail_the_system_check(settings: Settings, keys: list[str]) -> None:
    settings.SEALING_KEYS = keys
    (found,) = secrets.check_sealing_keys(None)
    assert found.id == "skyclock.E001"
    with pytest.raises(CredentialUnreadable):
        secrets.seal(CREDENTIAL)


def test_good_keys_pass_the_system_check() -> None:
    assert secrets.check_sealing_keys(None) == []


def test_what_was_sealed_by_hand_wrongly_does_not_leak() -> None:
    sealed = Fernet(secrets.settings.SEALING_KEYS[0]).encrypt(b'{"secret": "hush-hush"}').decode()
    with pytest.raises(CredentialUnreadable) as caught:
        secrets.unseal(sealed)
    assert "hush" not in repr(caught.value)
