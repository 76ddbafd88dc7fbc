"""Which credential a name stands for, told by who is about to work under that name.

The resource provider does not see the engine's environment, so an operation tells the sandbox
beforehand, and names in the provider's configuration only the name. In memory: what is told ends
soon, and a sandbox that was started anew has to be told again.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from provisioning.contracts import Cloud, SandboxIdentity


class NoIdentity(Exception):
    """The text is for people."""


class Identities:
    def __init__(self) -> None:
        self._known: dict[tuple[Cloud, str], SandboxIdentity] = {}
        self._lock = threading.Lock()

    def put(self, identity: SandboxIdentity) -> None:
        """A name that is known is told anew. Of those that ended, only that they did is kept."""
        with self._lock:
            self._known[identity.cloud, identity.reference] = identity
            now = datetime.now(UTC)
            for key, each in self._known.items():
                if each.expires_at <= now and each.fields:
                    self._known[key] = each.model_copy(update={"fields": {}})

    def fields(self, cloud: Cloud, reference: str) -> dict[str, str]:
        """The clear text of its credential. Raises NoIdentity."""
        with self._lock:
            found = self._known.get((cloud, reference))
        if found is None:
            raise NoIdentity(
                f"the sandbox was not told which identity {reference} is, or was started anew "
                "since; start the operation once more"
            )
        if found.expires_at <= datetime.now(UTC):
            raise NoIdentity(
                f"the credential of {reference} expired at {found.expires_at:%H:%M:%S} UTC; start "
                "the operation once more"
            )
        return {name: secret.get_secret_value() for name, secret in found.fields.items()}
