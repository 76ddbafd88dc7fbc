"""Sealing: what credentials and other secrets look like at rest.

The keys come from settings, outside the database, newest first: the first one seals, all of
them open. A credential is opened as late as possible and lives in `Credential` only.
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from pydantic import ValidationError

from provisioning import masking
from provisioning.contracts import Credential
from provisioning.errors import CredentialUnreadable

UNREADABLE = (
    "The stored credential cannot be opened with the sealing keys of this installation. "
    "Put the key that sealed it back into SKYCLOCK_SEALING_KEYS, or enter the credential again."
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


def _keys() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])
    except ValueError as error:
        raise CredentialUnreadable(
            "SKYCLOCK_SEALING_KEYS holds no usable key: each is 32 bytes in url-safe base64."
        ) from error


@register()
def check_sealing_keys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    try:
        _keys()
    except CredentialUnreadable as error:
        return [
            Error(
                str(error),
                hint="python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())' makes one.",
                id="skyclock.E001",
            )
        ]
    return []
