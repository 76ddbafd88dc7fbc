"""Sealing: what credentials and other secrets look like at rest.

The keys come from settings, outside the database, newest first: the first one seals, all of
them open. A credential is opened as late as possible and lives in `Credential` only.
"""

from __future__ import annotations

from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from pydantic import ValidationError

from provisioning import masking
from provisioning.contracts import Credential
from provisioning.errors import CredentialUnreadable

UNREADABLE = (
    "The stored credential cannot be opened with the sealing keys of this installation. "
    "Put the key that sealed it back into SKYCLOCK_SEALING_KEYS, or wherever the keys are kept, "
    "or enter the credential again."
)
ONE_MORE = (
    "python -c 'from cryptography.fernet import Fernet; "
    "print(Fernet.generate_key().decode())' makes one."
)


def seal(credential: Credential) -> str:
    masking.remember(credential.secrets())
    return _keys().encrypt(credential.model_dump_json().encode()).decode()


def unseal(sealed: str) -> Credential:
    """Raises CredentialUnreadable when no key opens it."""
    try:
        credential = Credential.model_validate_json(_keys().decrypt(sealed.encode()))
    except (InvalidToken, ValidationError):
        # `from None`: a ValidationError would carry the clear text along.
        raise CredentialUnreadable(UNREADABLE) from None
    masking.remember(credential.secrets())
    return credential


def seal_text(text: str) -> str:
    masking.remember([text])
    return _keys().encrypt(text.encode()).decode()


def unseal_text(sealed: str) -> str:
    """Raises CredentialUnreadable when no key opens it."""
    try:
        text = _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CredentialUnreadable(UNREADABLE) from None
    masking.remember([text])
    return text


# ── Keys ────────────────────────────────────────────────────────────────────────────


def reseal(sealed: str) -> str:
    """The same by the newest key. Raises CredentialUnreadable when no key opens it."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CredentialUnreadable(UNREADABLE) from None


def opener(sealed: str) -> str | None:
    """The name of the newest key that opens it; None where none does."""
    for name, key in zip(key_names(), settings.SEALING_KEYS, strict=True):
        try:
            Fernet(key).decrypt(sealed.encode())
        except InvalidToken:
            continue
        return name
    return None


def key_names() -> tuple[str, ...]:
    """Newest first. Raises CredentialUnreadable when a key is none."""
    _keys()
    return tuple(key_name(key) for key in settings.SEALING_KEYS)


def key_name(key: str) -> str:
    """What a key is called in front of people; nothing of it can be learnt from that."""
    return sha256(f"skyclock sealing key {key}".encode()).hexdigest()[:8]


def _keys() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])
    except ValueError as error:
        raise CredentialUnreadable(
            "SKYCLOCK_SEALING_KEYS holds no usable key: each is 32 bytes in url-safe base64. "
            f"The keys come from {settings.SEALING_KEYS_SOURCE}."
        ) from error


@register()
def check_sealing_keys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    try:
        _keys()
    except CredentialUnreadable as error:
        return [Error(str(error), hint=ONE_MORE, id="skyclock.E001")]
    return []
