"""Access tokens: JWTs that the tenant signs, as Entra's are for its own services."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.records import ServicePrincipal, SigningKey
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

LIFETIME_SECONDS = 3600
ISSUER = f"https://sts.windows.net/{TENANT}/"
_ALGORITHM = "RS256"


class BadToken(Exception):
    """No token of this tenant: malformed, forged, or signed by a key that it does not have."""


class ExpiredToken(Exception):
    def __init__(self, ended: float) -> None:
        self.ended = ended
        super().__init__("The access token has expired.")


@dataclass(frozen=True)
class Claims:
    """Whose a token is and what it opens."""

    object_id: str
    app_id: str
    audience: str


class AccessTokens:
    """The key is made when it is first needed, and stays."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys = Table(world.store, kind="entra_key", record=SigningKey)

    def issue(self, principal: ServicePrincipal, audience: str) -> str:
        """Call it with the world locked, as what makes a key."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "appid": principal.app_id,
            "appidacr": "1",
            "idp": ISSUER,
            "idtyp": "app",
            "oid": principal.id,
            "sub": principal.id,
            "tid": TENANT,
            "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
            "ver": "1.0",
        }
        key = self._key()
        headers = {"kid": key.id, "x5t": key.id}
        return jwt.encode(claims, key.pem, algorithm=_ALGORITHM, headers=headers)

    def read(self, token: str) -> Claims:
        """Raises BadToken or ExpiredToken."""
        found = self._verified(token)
        if float(found["exp"]) <= time.time():
            raise ExpiredToken(float(found["exp"]))
        return Claims(str(found["oid"]), str(found["appid"]), str(found["aud"]))

    def key_set(self) -> dict[str, Any]:
        """The JWKS of the tenant."""
        key = self._key()
        public = _public(key)
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
        return {"keys": [{**jwk, "kid": key.id, "x5t": key.id, "use": "sig", "alg": _ALGORITHM}]}

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            id = jwt.get_unverified_header(token).get("kid", "")
            key = self._keys.get(str(id))
            if key is None:
                raise BadToken("The token is signed by no key of the tenant.")
            found: dict[str, Any] = jwt.decode(
                token,
                _public(key),
                algorithms=[_ALGORITHM],
                issuer=ISSUER,
                options={
                    "require": ["exp", "iss", "aud", "oid", "appid"],
                    "verify_aud": False,
                    "verify_exp": False,
                },
            )
        except jwt.PyJWTError as error:
            raise BadToken("The token is not one of the tenant.") from error
        return found

    def _key(self) -> SigningKey:
        return next(iter(self._keys), None) or self._made()

    def _made(self) -> SigningKey:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        digest = hashlib.sha1(pem, usedforsecurity=False).digest()
        id = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        made = SigningKey(id=id, pem=pem.decode())
        self._keys.put(made)
        return made


def _public(key: SigningKey) -> Any:
    return serialization.load_pem_private_key(key.pem.encode(), password=None).public_key()
