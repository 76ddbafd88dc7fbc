"""Entering clouds: credentials, sessions, and what Pulumi needs to enter them too.

Nothing here loads a cloud's SDK until a session is opened, because pages import this room
for the credential forms.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from provisioning import masking
from provisioning.clouds import introducing
from provisioning.clouds.errors import cloud_errors
from provisioning.clouds.methods import (
    Method,
    credential_model,
    credential_schema,
    ending,
    expires,
    holds_secret,
    is_ready_made,
    method_of,
    methods_of,
    parse_credential,
    sandbox_access_keys,
    sandbox_credential,
    split,
)
from provisioning.clouds.session import Session
from provisioning.contracts import Access, Cloud

__all__ = [
    "Method",
    "Session",
    "check_identity",
    "cloud_errors",
    "credential_model",
    "credential_schema",
    "date_of",
    "ending",
    "enter",
    "environment",
    "expires",
    "holds_secret",
    "introduce",
    "is_ready_made",
    "load",
    "method_of",
    "methods_of",
    "open_session",
    "parse_credential",
    "pulumi_config",
    "sandbox_access_keys",
    "sandbox_credential",
    "split",
]

ENTRANCES: dict[Cloud, str] = {
    Cloud.AWS: "provisioning.clouds.aws",
    Cloud.AZURE: "provisioning.clouds.azure",
    Cloud.GOOGLE: "provisioning.clouds.google",
}


class Entrance(Protocol):
    """What the module of one cloud offers."""

    def load(self, services: Iterable[str]) -> None: ...
    def open_session(self, access: Access) -> Session: ...
    def check_identity(self, access: Access) -> str: ...
    def enter(self, access: Access) -> Access: ...
    def shown(self, access: Access) -> tuple[dict[str, str], datetime | None]: ...
    def environment(self, access: Access, folder: Path | None = None) -> dict[str, str]: ...
    def pulumi_config(self, access: Access) -> dict[str, str]: ...


def load(cloud: Cloud, services: Iterable[str]) -> None:
    """Load what a session on this cloud and its clients of these services need, which takes a
    moment, ahead of the first one."""
    _entrance(cloud).load(services)


def enter(access: Access) -> Access:
    """Exchange what is stored for credentials that end within the hour, where the cloud has such
    an exchange; else the same Access. Raises CloudError where the cloud refuses it."""
    masking.remember(access.secrets())
    return _entrance(access.cloud).enter(access)


def introduce(access: Access) -> None:
    """Tell the sandbox which credential its resource provider is to work with for this Access,
    entered before. Of a real cloud or a ready-made sandbox Connection nobody is told anything."""
    introducing.introduce(access, _entrance(access.cloud).shown)


def open_session(access: Access) -> Session:
    """A session on this Connection. Asks the cloud nothing yet."""
    masking.remember(access.secrets())
    return _entrance(access.cloud).open_session(access)


def check_identity(access: Access) -> str:
    """The account that the credential really enters, as the cloud says. Raises CloudError."""
    masking.remember(access.secrets())
    return _entrance(access.cloud).check_identity(access)


def date_of(access: Access) -> str:
    """The cloud's own time, as it writes it on every answer. Raises CloudAway."""
    found: str = import_module("provisioning.clouds.dates").date_of(access)
    return found


def environment(access: Access, folder: Path | None = None) -> dict[str, str]:
    """The variables, and no others, by which Pulumi's process enters the cloud. What they can
    only name as a file is written to `folder`, which is removed after the operation."""
    return _entrance(access.cloud).environment(access, folder)


def pulumi_config(access: Access) -> dict[str, str]:
    """The stack configuration of the cloud's providers; lists are JSON text. No secrets."""
    return introducing.named(access, _entrance(access.cloud).pulumi_config(access))


def _entrance(cloud: Cloud) -> Entrance:
    return cast(Entrance, import_module(ENTRANCES[cloud]))
