"""Identity tokens (OpenID Connect), verified as the three clouds verify them.

The issuer's discovery document and keys are read over HTTP, which takes real time: call
`verify` with the world unlocked. Tokens live in real time, whatever the sandbox's clock says.
An issuer on loopback may be http, which no real cloud takes; any other has to be https.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import jwt
import urllib3

LEEWAY_SECONDS = 300.0
ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}

_LONGEST_TOKEN = 20_000
_LARGEST_DOCUMENT = 256 * 1024
_KEYS_LIVE_SECONDS = 60.0
_MOST_ISSUERS = 64
_TIMEOUT = urllib3.Timeout(connect=2, read=5)


class Reason(StrEnum):
    MALFORMED = "malformed"  # no JWT, or one without a claim that has to be there
    ALGORITHM = "algorithm"
    ISSUER = "issuer"  # another than expected, or neither https nor on loopback
    UNREACHABLE = "unreachable"  # the issuer's documents cannot be read
    KEY = "key"  # the issuer has no key of this id
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"


class TokenRefused(Exception):
    """Each cloud says `reason` in its own words; the message is for people, without the token."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True)
class Claims:
    issuer: str
    subject: str
    audiences: tuple[str, ...]
    issued_at: float
    expires_at: float
    every: Mapping[str, Any]


@dataclass(frozen=True)
class _Keys:
    by_id: Mapping[str, Mapping[str, Any]]
    read_at: float  # monotonic


def read_unverified(token: str) -> Claims:
    """What a token says of itself: enough to find whom to ask, never to trust."""
    _, payload = _parts(token)
    return _claims(payload)


class IdentityTokens:
    """Verifies; remembers issuers' keys for a minute and asks again for a key it does not know."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=4, block=False)
        self._keys: dict[str, _Keys] = {}
        self._lock = threading.Lock()

    def verify(
        self,
        token: str,
        *,
        issuer: str,
        audiences: Collection[str],
        now: float | None = None,
        leeway: float = LEEWAY_SECONDS,
        keys: Mapping[str, Any] | None = None,
    ) -> Claims:
        """The claims of a token by this issuer for one of the audiences, or TokenRefused.

        `keys` is the issuer's JSON Web Key Set where the cloud has it stored: nobody is asked.
        `now` is real time unless a cloud's clock is skewed on purpose.
        """
        header, payload = _parts(token)
        claims = _claims(payload)
        if claims.issuer != issuer:
            raise TokenRefused(
                Reason.ISSUER, f"The token's issuer is '{claims.issuer}', not '{issuer}'."
            )
        _check_signature(token, header["alg"], self._key(issuer, header, keys))
        if not set(claims.audiences) & set(audiences):
            raise TokenRefused(
                Reason.AUDIENCE, f"The token's audience is '{', '.join(claims.audiences)}'."
            )
        _check_times(claims, now=time.time() if now is None else now, leeway=leeway)
        return claims

    def _key(
        self, issuer: str, header: Mapping[str, Any], given: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        id, kind = header.get("kid"), ALGORITHMS[header["alg"]]
        if given is not None:
            return self._required(_choose(_keys_of(given), id, kind), id, kind)
        with self._lock:
            known = self._keys.get(issuer)
        if known and time.monotonic() - known.read_at < _KEYS_LIVE_SECONDS:
            found = _choose(known, id, kind)
            if found is not None:
                return found
        return self._required(_choose(self._read_keys(issuer), id, kind), id, kind)

    def _required(self, found: Mapping[str, Any] | None, id: Any, kind: str) -> Mapping[str, Any]:
        if found is None:
            raise TokenRefused(Reason.KEY, f"The issuer has no {kind} key '{id}'.")
        return found

    def _read_keys(self, issuer: str) -> _Keys:
        _check_address(issuer, Reason.ISSUER)
        discovery = self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if discovery.get("issuer") != issuer:
            raise TokenRefused(
                Reason.UNREACHABLE, f"The discovery document of {issuer} names another issuer."
            )
        address = str(discovery.get("jwks_uri", ""))
        _check_address(address, Reason.UNREACHABLE)
        keys = _keys_of(self._fetch(address))
        with self._lock:
            if len(self._keys) >= _MOST_ISSUERS:
                self._keys.clear()
            self._keys[issuer] = keys
        return keys

    def _fetch(self, address: str) -> dict[str, Any]:
        try:
            response = self._pool.request(
                "GET", address, redirect=False, retries=False, timeout=_TIMEOUT,
                headers={"Accept": "application/json"}, preload_content=False,
            )  # fmt: skip
            try:
                body = response.read(_LARGEST_DOCUMENT, decode_content=True)
            finally:
                response.release_conn()
            if response.status != 200:
                raise TokenRefused(
                    Reason.UNREACHABLE, f"{address} answers with status {response.status}."
                )
            document = json.loads(body)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise TokenRefused(Reason.UNREACHABLE, f"{address} cannot be read.") from error
        if not isinstance(document, dict):
            raise TokenRefused(Reason.UNREACHABLE, f"{address} is no JSON object.")
        return document


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload, their signature unchecked."""
    if len(token) > _LONGEST_TOKEN:
        raise TokenRefused(Reason.MALFORMED, "The token is too long.")
    try:
        unverified = jwt.PyJWS().decode_complete(token, options={"verify_signature": False})
        payload = json.loads(unverified["payload"])
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(Reason.MALFORMED, "The token is not a JWT.") from error
    if not isinstance(payload, dict):
        raise TokenRefused(Reason.MALFORMED, "The token's payload is no JSON object.")
    header: dict[str, Any] = unverified["header"]
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused(
            Reason.ALGORITHM, f"The token is signed with {header.get('alg')}, not RS256 or ES256."
        )
    return header, payload


def _claims(payload: Mapping[str, Any]) -> Claims:
    audiences = payload.get("aud")
    listed = audiences if isinstance(audiences, list) else [audiences]
    named = {name: payload.get(name) for name in ("iss", "sub")}
    for name, value in [*named.items(), *(("aud", each) for each in listed)]:
        if not isinstance(value, str) or not value:
            raise TokenRefused(Reason.MALFORMED, f"The token has no claim '{name}'.")
    return Claims(
        issuer=str(named["iss"]),
        subject=str(named["sub"]),
        audiences=tuple(str(each) for each in listed),
        issued_at=_time(payload, "iat"),
        expires_at=_time(payload, "exp"),
        every=payload,
    )


def _time(payload: Mapping[str, Any], name: str) -> float:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(Reason.MALFORMED, f"The token has no claim '{name}'.")
    return float(value)


def _keys_of(document: Mapping[str, Any]) -> _Keys:
    every = document.get("keys")
    entries = [each for each in every if isinstance(each, dict)] if isinstance(every, list) else []
    return _Keys({str(each.get("kid", "")): each for each in entries}, time.monotonic())


def _choose(keys: _Keys, id: Any, kind: str) -> Mapping[str, Any] | None:
    """The key that the token names; a token that names none fits an issuer with one key."""
    fitting = {
        name: key
        for name, key in keys.by_id.items()
        if key.get("kty") == kind and key.get("use", "sig") == "sig"
    }
    if id is None:
        return next(iter(fitting.values())) if len(fitting) == 1 else None
    return fitting.get(str(id))


def _check_signature(token: str, algorithm: str, key: Mapping[str, Any]) -> None:
    try:
        public = jwt.PyJWK(dict(key), algorithm)
        jwt.PyJWS().decode_complete(token, key=public, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(Reason.SIGNATURE, "The token's signature is wrong.") from error


def _check_times(claims: Claims, *, now: float, leeway: float) -> None:
    if claims.expires_at + leeway <= now:
        raise TokenRefused(Reason.EXPIRED, "The token has expired.")
    begins = max(claims.issued_at, _time({"nbf": claims.issued_at, **claims.every}, "nbf"))
    if begins - leeway > now:
        raise TokenRefused(Reason.NOT_YET_VALID, "The token is not valid yet.")


def _check_address(address: str, reason: Reason) -> None:
    if not is_acceptable_address(address):
        raise TokenRefused(
            reason, f"'{address}' has to be an https address (http on loopback), without query."
        )


def is_acceptable_address(address: str) -> bool:
    """Whether an issuer may be at this address."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
