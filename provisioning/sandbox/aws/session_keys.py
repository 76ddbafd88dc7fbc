"""Temporary credentials for code that the sandbox itself runs, such as a Lambda function.

They live as long as this process: so does the code that holds them.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.roles import Session

_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class SessionKey:
    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


class SessionKeys:
    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def issue(self, session: Session) -> SessionKey:
        key = self._unused(session.account)
        self._sessions[key] = session
        return SessionKey(key, secrets.token_urlsafe(30), secrets.token_urlsafe(90))

    def revoke(self, key: SessionKey) -> None:
        self._sessions.pop(key.access_key, None)

    def caller(self, access_key: str) -> Caller | None:
        session = self._sessions.get(access_key)
        return session.caller(access_key=access_key) if session else None

    def _unused(self, account: str) -> str:
        while True:
            key = f"ASIA{account}{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
            if key not in self._sessions:
                return key
