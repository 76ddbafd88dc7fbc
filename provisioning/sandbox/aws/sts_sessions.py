"""Temporary credentials that STS gave out: kept on disk, good until a moment of real time."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

from pydantic import Field

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.credentials import Key
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.store import Store

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# For so long an expired key is still answered as expired, then as unknown.
_REMEMBERED_SECONDS = 24 * 3600


class StsSession(Record):
    access_key: str
    secret: str = Field(repr=False)
    token: str = Field(repr=False)
    expires_at: float
    account: str
    arn: str
    principal_id: str
    role_arn: str = ""
    user_arn: str = ""
    policies: list[str] | None = None  # of the session itself; they only take away
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        return self.access_key

    @property
    def expiration(self) -> str:
        return datetime.fromtimestamp(self.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def caller(self) -> Caller:
        return Caller(
            account=self.account,
            access_key=self.access_key,
            arn=self.arn,
            principal_id=self.principal_id,
            role_arn=self.role_arn,
            user_arn=self.user_arn,
            session_policies=None if self.policies is None else tuple(self.policies),
            tags=tuple(self.tags.items()),
            temporary=True,
        )

    @property
    def signing_key(self) -> Key:
        return Key(self.caller, self.secret, self.token, self.expires_at)


class StsSessions:
    """Call it with the world locked."""

    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="sts_session", record=StsSession)

    def issue(
        self,
        caller: Caller,
        *,
        seconds: int,
        policies: list[str] | None = None,
    ) -> StsSession:
        """Credentials for somebody, by real time; what the caller's key was does not matter."""
        self._forget_old()
        session = StsSession(
            access_key="ASIA" + "".join(secrets.choice(_LETTERS) for _ in range(16)),
            secret=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(180),
            expires_at=float(int(time.time()) + seconds),
            account=caller.account,
            arn=caller.arn,
            principal_id=caller.principal_id,
            role_arn=caller.role_arn,
            user_arn=caller.user_arn,
            policies=policies,
            tags=dict(caller.tags),
        )
        self._table.put(session)
        return session

    def find(self, access_key: str) -> StsSession | None:
        return self._table.get(access_key)

    def _forget_old(self) -> None:
        for session in self._table:
            if session.expires_at + _REMEMBERED_SECONDS < time.time():
                self._table.delete(session.key)
