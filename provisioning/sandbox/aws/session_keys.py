"""Temporary credentials for code that the sandbox itself runs, such as a Lambda function.

They live as long as this process: so does the code that holds them.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from provisioning.sandbox.aws.credentials import Key
from provisioning.sandbox.aws.roles import Session

_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class SessionKey:
    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


class SessionKeys:
    def __init__(self) -> None:
        self._sessions: dict[str, tuple[Session, SessionKey]] = {}

    def issue(self, session: Session) -> SessionKey:
        key = SessionKey(
            self._unused(session.account), secrets.token_urlsafe(30), secrets.token_urlsafe(90)
        )
        self._sessions[key.access_key] = (session, key)
        return key

    def revoke(self, key: SessionKey) -> None:
        self._sessions.pop(key.access_key, None)

    def find(self, access_key: str) -> Key | None:
        if access_key not in self._sessions:
            return None
        session, key = self._sessions[access_key]
        return Key(session.caller(access_key=access_key), key.secret_key, key.token)

    def _unused(self, account: str) -> str:
        while True:
            key = f"ASIA{account}{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
            if key not in self._sessions:
                return key
