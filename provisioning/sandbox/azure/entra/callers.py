"""Who calls the simulated Azure: by the sandbox's own tokens, or by Entra's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioning.sandbox.azure.arm.resources import identifier
from provisioning.sandbox.azure.entra.audiences import opens
from provisioning.sandbox.azure.entra.tokens import AccessTokens, BadToken

OWN_TOKEN = "sandbox-only-token-of-"  # noqa: S105 (a form, not a token)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class WrongAudience(Exception):
    """A token of the tenant, for another service."""

    def __init__(self, audience: str) -> None:
        self.audience = audience
        super().__init__(f"The token is for {audience}.")


@dataclass(frozen=True)
class Caller:
    object_id: str
    client: str  # the id of its application
    administers: str = ""  # the subscription in which it may do everything


class Callers:
    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def of(self, token: str, service: tuple[str, ...]) -> Caller:
        """Raises BadToken, ExpiredToken or WrongAudience."""
        if token.startswith(OWN_TOKEN):
            return _administrator(token.removeprefix(OWN_TOKEN).lower())
        claims = self._tokens.read(token)
        if not opens(claims.audience, service):
            raise WrongAudience(claims.audience)
        return Caller(claims.object_id, claims.app_id)


def _administrator(subscription: str) -> Caller:
    if not _GUID.fullmatch(subscription):
        raise BadToken("The token names no subscription.")
    return Caller(identifier("user", subscription), identifier("client", subscription),
                  administers=subscription)  # fmt: skip
