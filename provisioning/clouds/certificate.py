"""An application of Microsoft Entra with a certificate, whose key signs what Entra is shown.

Whatever form the certificate comes in, it is kept as PEM: the key first, without a password,
because all of it is sealed.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from provisioning.clouds.azure_application import Application
from provisioning.clouds.fields import AzureRegion, none_if_empty
from provisioning.clouds.wrong import at
from provisioning.contracts import Credential

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_KEY = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.+?-----END (?P=kind)-----", re.DOTALL
)
_WRONG_PASSWORD = "The key is encrypted, and the password does not open it."  # noqa: S105


class Certificate(Application):
    model_config = ConfigDict(title="Application with a certificate")

    summary: ClassVar[str] = (
        "The application's private key signs a statement that lives for minutes; the key itself "
        "is never sent. It ends with its certificate."
    )
    keeps_secret: ClassVar[bool] = True
    tells_its_end: ClassVar[bool] = True

    certificate_data: SecretStr = Field(
        title="Certificate and key",
        description="Both, as PEM; or a PFX file in base64.",
        json_schema_extra={"contentMediaType": "application/x-pem-file"},  # many lines, for forms
    )
    password: Annotated[SecretStr | None, BeforeValidator(none_if_empty)] = Field(
        default=None,
        validate_default=True,
        title="Password",
        description="Only where the key or the PFX file is encrypted.",
    )
    region: AzureRegion

    @field_validator("password")
    @classmethod
    def _certificate_is_whole(
        cls, password: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """Here, because both are needed, and what is wrong is told beside other fields' wrongs."""
        if certificate := info.data.get("certificate_data"):
            _kept(certificate, password)
        return password

    @model_validator(mode="after")
    def _kept_as_pem(self) -> Certificate:
        kept = _kept(self.certificate_data, self.password)
        return self.model_copy(update={"certificate_data": kept, "password": None})

    @classmethod
    def expires(cls, credential: Credential) -> datetime | None:
        pem = (credential.reveal("certificate_data") or "").encode()
        try:
            return x509.load_pem_x509_certificate(pem).not_valid_after_utc
        except ValueError:
            return None


def _wrong(sentence: str, field: str = "certificate_data") -> PydanticCustomError:
    return at(field, sentence)


def _kept(certificate: SecretStr, password: SecretStr | None) -> SecretStr:
    """The key and its certificates as PEM. Nothing of it is repeated in what is said of it."""
    text = certificate.get_secret_value().strip()
    phrase = password.get_secret_value().encode() if password else None
    key, certificates = _of_pem(text, phrase) if "-----BEGIN" in text else _of_pfx(text, phrase)
    own = _own_of(key, certificates)
    _require_valid(own)
    others = [each for each in certificates if each is not own]
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = (each.public_bytes(serialization.Encoding.PEM) for each in (own, *others))
    return SecretStr(b"".join([pem, *chain]).decode())


def _of_pem(text: str, password: bytes | None) -> tuple[Any, list[Any]]:
    key, found = _KEY.search(text), _CERTIFICATE.findall(text)
    if not key:
        raise _wrong("The private key is missing: paste the certificate and its key, both as PEM.")
    if not found:
        raise _wrong("The certificate is missing: paste the key and its certificate, both as PEM.")
    encrypted = "ENCRYPTED" in key[0]
    if encrypted and not password:
        raise _wrong("The key is encrypted: enter its password as well.", "password")
    try:
        opened = load_pem_private_key(key[0].encode(), password if encrypted else None)
    except (ValueError, TypeError):
        if encrypted:
            raise _wrong(_WRONG_PASSWORD, "password") from None
        raise _wrong("The private key is cut off; copy the whole file.") from None
    try:
        return opened, [x509.load_pem_x509_certificate(each.encode()) for each in found]
    except ValueError:
        raise _wrong("The certificate is cut off; copy the whole file.") from None


def _of_pfx(text: str, password: bytes | None) -> tuple[Any, list[Any]]:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise _wrong("This is neither PEM nor a PFX file in base64.") from None
    try:
        key, own, others = pkcs12.load_key_and_certificates(data, password)
    except ValueError:
        raise _wrong(
            "This PFX file cannot be opened: the password is wrong, or the file is cut off."
        ) from None
    if key is None or own is None:
        raise _wrong("This PFX file lacks the private key or its certificate.")
    return key, [own, *others]


def _own_of(key: Any, certificates: list[Any]) -> Any:
    """The certificate of this key, among those of who signed it."""
    if not isinstance(key, RSAPrivateKey):
        raise _wrong("Microsoft Entra takes RSA keys only; this is another kind of key.")
    own = key.public_key()
    found = next((each for each in certificates if each.public_key() == own), None)
    if found is None:
        raise _wrong("The private key does not belong to the certificate.")
    return found


def _require_valid(certificate: Any) -> None:
    now = datetime.now(UTC)
    ended, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    if ended <= now:
        raise _wrong(f"This certificate expired on {ended:%Y-%m-%d}; make a new one.")
    if begins > now:
        raise _wrong(f"This certificate begins on {begins:%Y-%m-%d} only.")
