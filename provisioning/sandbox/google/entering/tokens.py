"""Access tokens: what a caller shows, and what the sandbox remembers of it.

Of a token only its digest is kept. Tokens live in real time, whatever the sandbox's clock says.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Collection

from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.world import World

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
LIFE_SECONDS = 3600.0
SCOPE_PREFIX = "https://www.googleapis.com/auth/"
# Of Google's first ones, which people still write; no service here takes them.
_OTHER_SCOPES = frozenset({"openid", "email", "profile"})


class AccessToken(Record):
    """Of a service account, or of an identity of elsewhere that a pool let in."""

    digest: str
    account: str = ""  # the address of a service account
    unique_id: str = ""  # and which one of those that ever had the address
    pool: str = ""
    members: list[str] = []  # as policies name an identity of elsewhere, itself first
    scopes: list[str]
    expires: float

    @property
    def key(self) -> str:
        return self.digest


class AccessTokens:
    def __init__(self, world: World) -> None:
        self._table = Table(world.store, kind="google access token", record=AccessToken)

    def find(self, text: str) -> AccessToken | None:
        found = self._table.get(_digest(text))
        return found if found and found.expires > time.time() else None

    def of_account(
        self, email: str, unique_id: str, scopes: Collection[str], *, expires: float
    ) -> str:
        text = f"ya29.c.{secrets.token_urlsafe(120)}"
        self._keep(
            AccessToken(
                digest=_digest(text),
                account=email,
                unique_id=unique_id,
                scopes=sorted(scopes),
                expires=expires,
            )
        )
        return text

    def of_identity(
        self, pool: str, members: Collection[str], scopes: Collection[str], *, expires: float
    ) -> str:
        text = f"ya29.d.{secrets.token_urlsafe(120)}"
        self._keep(
            AccessToken(
                digest=_digest(text),
                pool=pool,
                members=list(members),
                scopes=sorted(scopes),
                expires=expires,
            )
        )
        return text

    def _keep(self, token: AccessToken) -> None:
        now = time.time()
        for each in self._table:
            if each.expires <= now:
                self._table.delete(each.key)
        self._table.put(token)


def is_scope(text: str) -> bool:
    return text.startswith(SCOPE_PREFIX) or text in _OTHER_SCOPES


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
