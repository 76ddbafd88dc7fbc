"""Skyclock as OIDC issuer: the identity token of a Connection, and what clouds check it by.

A cloud that trusts this issuer, one audience and one subject, lets in who shows such a token;
nothing long-lived is kept by anybody.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import jwt
from django.conf import settings
from django.utils import timezone

from dashboard import secrets
from dashboard.models import Connection
from dashboard.services import signing_keys
from dashboard.services.reaching import Reach, look, unfit
from provisioning import masking
from provisioning.contracts import Cloud, Credential
from provisioning.errors import NotPossible

__all__ = [
    "Reach", "audience", "document", "identity_token", "keys", "reach", "subject", "unfit", "url",
]  # fmt: skip
DOCUMENT_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/.well-known/jwks.json"
# What AWS and Entra want unless somebody says otherwise; Google's is the provider's own name.
AUDIENCES = {Cloud.AWS: "sts.amazonaws.com", Cloud.AZURE: "api://AzureADTokenExchange"}
# A token with less left than this is not handed out again.
LEAST_LEFT = timedelta(minutes=45)
MOST_KEPT = 200


class _Kept(NamedTuple):
    token: str
    until: datetime


_kept: dict[tuple[object, ...], _Kept] = {}
_lock = threading.Lock()


def url() -> str:
    """The issuer as tokens name it, without a slash at its end."""
    return str(settings.ISSUER_URL)


def subject(uid: UUID) -> str:
    return f"skyclock:connection:{uid}"


def audience(cloud: Cloud, given: str | None = None) -> str:
    """What a token for this cloud is meant for: what the Connection says, else the usual."""
    found = given or AUDIENCES.get(cloud)
    if not found:
        raise NotPossible("The audience of the workload identity provider is not known.")
    return found


def document() -> dict[str, Any]:
    """What stands at /.well-known/openid-configuration. Only what the clouds read: nobody
    signs in here, so there is no authorization endpoint."""
    return {
        "issuer": url(),
        "jwks_uri": url() + KEYS_PATH,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "iss", "sub", "aud", "iat", "nbf", "exp", "jti", "connection", "cloud", "level",
        ],
    }  # fmt: skip


def keys() -> dict[str, Any]:
    """The JWKS: public halves of all keys by which a good token may be signed."""
    return {"keys": [row.public for row in signing_keys.published()]}


def reach() -> Reach:
    """Whether clouds can read the two documents, as far as that can be seen from here."""
    return look(url(), DOCUMENT_PATH, document())


def identity_token(connection: Connection, *, credential: Credential | None = None) -> str:
    """A token by which a cloud knows this Connection, good for three quarters of an hour at
    least. `credential`: where the Connection has none that is stored yet."""
    now = timezone.now()
    opened = credential or secrets.unseal(connection.sealed)
    aud = audience(Cloud(connection.cloud), opened.reveal("audience"))
    row = signing_keys.signing(now)
    said = (connection.uid, connection.name, connection.cloud, connection.level, aud, url())
    with _lock:
        kept = _kept.get((row.kid, *said))
    if kept and kept.until - now > LEAST_LEFT:
        masking.remember([kept.token])
        return kept.token
    token = jwt.encode(
        _claims(connection, aud, now),
        signing_keys.private_key(row),
        algorithm="RS256",
        headers={"kid": row.kid},
    )
    masking.remember([token])
    _keep((row.kid, *said), _Kept(token, now + signing_keys.LONGEST_TOKEN))
    return token


def _claims(connection: Connection, aud: str, now: datetime) -> dict[str, Any]:
    seconds = int(now.timestamp())
    return {
        "iss": url(),
        "sub": subject(connection.uid),
        "aud": aud,
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + int(signing_keys.LONGEST_TOKEN.total_seconds()),
        "jti": uuid4().hex,
        "connection": connection.name,
        "cloud": connection.cloud,
        "level": connection.level,
    }


def _keep(key: tuple[object, ...], kept: _Kept) -> None:
    """Each new token is one more secret to look for in every line of a log: few are better."""
    with _lock:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = kept
