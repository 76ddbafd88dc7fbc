"""What the engine's passphrase provider writes: secrets under a key made from a passphrase.

A secret is `v1:<nonce>:<ciphertext>`, AES-256-GCM; the salt that is stored beside is
`v1:<salt>:<the word "pulumi" as a secret>`, by which a passphrase is known to be the right one.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from provisioning.errors import NotPossible

ITERATIONS = 1_000_000
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 8, 12, 32
VERSION = "v1"
PROOF = "pulumi"
UNREADABLE = "The secrets of this state cannot be opened with the passphrase of this installation."


@dataclass(frozen=True)
class Key:
    """One passphrase with one salt. Making it takes a fifth of a second, on purpose."""

    salt: str  # as the engine stores it
    _secret: bytes = field(repr=False)

    @classmethod
    def new(cls, passphrase: str) -> Key:
        salt = os.urandom(SALT_BYTES)
        secret = _derived(passphrase, salt)
        return cls(f"{VERSION}:{_text(salt)}:{_sealed(secret, PROOF)}", secret)

    @classmethod
    def opening(cls, salt: str, passphrase: str) -> Key:
        """The key that belongs to a stored salt; NotPossible if the passphrase is another."""
        _, encoded, proof = salt.split(":", 2)
        key = cls(salt, _derived(passphrase, base64.b64decode(encoded)))
        if key.open(proof) != PROOF:
            raise NotPossible(UNREADABLE)
        return key

    def seal(self, text: str) -> str:
        return _sealed(self._secret, text)

    def open(self, sealed: str) -> str:
        _, nonce, secret = sealed.split(":", 2)
        try:
            opened = AESGCM(self._secret).decrypt(
                base64.b64decode(nonce), base64.b64decode(secret), None
            )
        except InvalidTag:
            raise NotPossible(UNREADABLE) from None
        return opened.decode()


def _derived(passphrase: str, salt: bytes) -> bytes:
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=KEY_BYTES, salt=salt, iterations=ITERATIONS)
    return kdf.derive(passphrase.encode())


def _sealed(secret: bytes, text: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return f"{VERSION}:{_text(nonce)}:{_text(AESGCM(secret).encrypt(nonce, text.encode(), None))}"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
