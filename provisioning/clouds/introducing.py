"""Telling the sandbox who works under the name of a Connection.

Its resource provider is attached to the engine and sees nothing of the engine's environment.
A real cloud's plug-ins have all from there, so nobody is told anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from provisioning.clouds import sandbox_control
from provisioning.clouds.methods import is_ready_made
from provisioning.contracts import IDENTITY_OPTION, Access, SandboxIdentity

# A key that does not end by itself is known to the sandbox for as long.
LONGEST = timedelta(hours=12)

# The credential by which calls are made, and until when.
Shown = Callable[[Access], tuple[dict[str, str], datetime | None]]


def has_own_identity(access: Access) -> bool:
    """On the sandbox with a credential that it gave out, so that calls are made as that one."""
    if access.sandbox is None or not access.reference or not access.credential.fields:
        return False
    return not is_ready_made(access.cloud, access.account, access.credential)


def introduce(access: Access, shown: Shown) -> None:
    """Raises CloudError where the cloud gives no token for it, or the sandbox is away."""
    if access.sandbox is None or not has_own_identity(access):
        return
    fields, ends = shown(access)
    identity = SandboxIdentity(
        cloud=access.cloud,
        reference=access.reference,
        fields={name: SecretStr(value) for name, value in fields.items()},
        expires_at=ends or datetime.now(UTC) + LONGEST,
    )
    body = identity.model_dump(mode="json")
    sandbox_control.ask("POST", access.sandbox.control_url, "/identities", body)


def named(access: Access, config: dict[str, str]) -> dict[str, str]:
    """The configuration with the name in it, for each package."""
    if not has_own_identity(access):
        return config
    packages = {key.partition(":")[0] for key in config}
    return config | {f"{each}:{IDENTITY_OPTION}": access.reference for each in sorted(packages)}
