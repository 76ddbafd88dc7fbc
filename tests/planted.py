"""A secret in every secret field of every method to enter a cloud, to be looked for later."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

ROLE_KEY = 'role/+secret"&key-0123456789abcdefghijkl'
KEYS_KEY = 'keys/+secret"&key-0123456789abcdefghijkl'
SESSION = "session/+token/of/keys/0123456789abcdefghijklmnopqrstuvwxyz=="
CLIENT_SECRET = "client8Q~abcdefghijklmnopqrstuvwxyz01234"
PASSWORD = 'certificate/+pass"&word-0123456789'


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "planted")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=20))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _file(key: rsa.RSAPrivateKey) -> str:
    return json.dumps(
        {
            "type": "service_account", "project_id": "planted-project",
            "private_key_id": "c0ffee6789abcdef0123456789abcdef01234567",
            "private_key": _pem(key),
            "client_email": "base@planted-project.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )  # fmt: skip


_OF_CERTIFICATE, _OF_BASE, _OF_ACCOUNT = _key(), _key(), _key()
_ENTRA = {
    "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47", "region": "westeurope",
    "client_id": "1950a258-227b-4e31-a9cf-717495945fc2",
    "subscription_id": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
}  # fmt: skip
_LOCKED = _OF_CERTIFICATE.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode())
).decode()

# By cloud and method: the fields of those that have a secret one.
METHODS: dict[tuple[str, str], dict[str, str]] = {
    ("aws", "role"): {
        "role_arn": "arn:aws:iam::444455556666:role/skyclock", "external_id": "planted-1",
        "access_key_id": "AKIAPLANTEDROLE00001", "secret_access_key": ROLE_KEY,
        "region": "eu-west-1",
    },
    ("aws", "access_keys"): {
        "access_key_id": "ASIAPLANTEDKEYS00001", "secret_access_key": KEYS_KEY,
        "session_token": SESSION, "region": "eu-west-1",
    },
    ("azure", "certificate"): {
        **_ENTRA, "certificate_data": _LOCKED + _certificate(_OF_CERTIFICATE),
        "password": PASSWORD,
    },
    ("azure", "client_secret"): {**_ENTRA, "client_secret": CLIENT_SECRET},
    ("google", "impersonation"): {
        "service_account_key": _file(_OF_BASE), "region": "europe-west1",
        "target_principal": "deployer@planted-project.iam.gserviceaccount.com",
    },
    ("google", "service_account"): {
        "service_account_key": _file(_OF_ACCOUNT), "region": "europe-west1",
    },
}  # fmt: skip

# One line of a key is as good as the whole.
SECRETS = {
    "role": ROLE_KEY,
    "keys": KEYS_KEY,
    "session token": SESSION,
    "client secret": CLIENT_SECRET,
    "certificate's key": _pem(_OF_CERTIFICATE).splitlines()[7],
    "certificate's locked key": _LOCKED.splitlines()[7],
    "certificate's password": PASSWORD,
    "base key": _pem(_OF_BASE).splitlines()[7],
    "account's key": _pem(_OF_ACCOUNT).splitlines()[7],
}
