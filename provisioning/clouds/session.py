"""A session: one Connection, entered. Made by `provisioning.clouds.open_session`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from provisioning.contracts import Cloud


class Session(Protocol):
    cloud: Cloud
    region: str
    account: str
    sandbox: bool

    def client(self, service: str) -> Any:
        """The vendor's SDK client for a service; its errors leave through `clouds.errors`."""

    def now(self) -> datetime:
        """The Connection's clock: the sandbox's for a sandbox Connection, real time else."""

    def identity(self) -> str:
        """Who the cloud says we are, e.g. an ARN. Raises CloudError."""
