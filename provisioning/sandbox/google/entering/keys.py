"""Keys of service accounts. The private half is made, given once and forgotten."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provisioning.sandbox.google.accounts import Account
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.world import World

ALGORITHMS = {"KEY_ALG_RSA_1024": 1024, "KEY_ALG_RSA_2048": 2048}
# Of a key that Google made: it never expires by itself.
FOREVER = "9999-12-31T23:59:59Z"
_MOST = 10
_CERTIFICATE_DAYS = 3650
# What Google writes into each key, wherever the key is used.
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)


class Key(Record):
    id: str
    account: str  # the address of its account
    unique_id: str  # and which of those that ever had the address
    algorithm: str
    certificate: str  # PEM; the public half
    created: float
    disabled: bool = False

    @property
    def key(self) -> str:
        return self.id

    @property
    def public(self) -> rsa.RSAPublicKey:
        found = x509.load_pem_x509_certificate(self.certificate.encode()).public_key()
        assert isinstance(found, rsa.RSAPublicKey)
        return found


@dataclass(frozen=True)
class Pair:
    """A new key, both halves. Making one takes a while: do it with the world unlocked."""

    algorithm: str
    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls, algorithm: str) -> Pair:
        size = ALGORITHMS[algorithm]
        return cls(algorithm, rsa.generate_private_key(public_exponent=65537, key_size=size))

    def certificate(self, unique_id: str) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unique_id)])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        )
        made = builder.sign(self.private, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def written(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()


class Keys:
    def __init__(self, world: World) -> None:
        self.table = Table(world.store, kind="google account key", record=Key)
        self._clock = world.clock

    def of(self, account: Account) -> Iterator[Key]:
        return (one for one in self.table if one.unique_id == account.unique_id)

    def add(self, account: Account, pair: Pair) -> Key:
        if len(list(self.of(account))) >= _MOST:
            raise refusal("RESOURCE_EXHAUSTED", "Maximum number of keys on account reached.")
        key = Key(
            id=secrets.token_hex(20),
            account=account.email,
            unique_id=account.unique_id,
            algorithm=pair.algorithm,
            certificate=pair.certificate(account.unique_id),
            created=self._clock.now(),
        )
        self.table.put(key)
        return key

    def forget(self, account: Account) -> None:
        for key in self.of(account):
            self.table.delete(key.key)


def key_file(account: Account, key: Key, pair: Pair) -> str:
    """As Google writes it, to the last field."""
    certificates = "https://www.googleapis.com"
    found = {
        "type": "service_account",
        "project_id": account.project,
        "private_key_id": key.id,
        "private_key": pair.written(),
        "client_email": account.email,
        "client_id": account.unique_id,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URI,
        "auth_provider_x509_cert_url": f"{certificates}/oauth2/v1/certs",
        "client_x509_cert_url": f"{certificates}/robot/v1/metadata/x509/{quote(account.email)}",
        "universe_domain": "googleapis.com",
    }
    return json.dumps(found, indent=2) + "\n"
