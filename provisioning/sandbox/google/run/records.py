"""What Cloud Run keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.records import Record

DEFAULT_TIMEOUT = 300.0
DEFAULT_CONCURRENCY = 80
DEFAULT_INSTANCES = 100


class Revision(Record):
    """What a request is answered by. It never changes."""

    name: str  # in full
    template: dict[str, Any]
    generation: int
    created: float
    creator: str

    @property
    def key(self) -> str:
        return self.name

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    @property
    def location(self) -> str:
        return part(self.name, "locations")

    @property
    def service(self) -> str:
        return part(self.name, "services")

    @property
    def container(self) -> dict[str, Any]:
        found: dict[str, Any] = self.template["containers"][0]
        return found

    @property
    def image(self) -> str:
        return str(self.container["image"])

    @property
    def account(self) -> str:
        return str(self.template.get("serviceAccount") or default_account(self.project))

    @property
    def timeout(self) -> float:
        return float(str(self.template.get("timeout", f"{DEFAULT_TIMEOUT}s")).removesuffix("s"))

    @property
    def concurrency(self) -> int:
        return int(self.template.get("maxInstanceRequestConcurrency") or DEFAULT_CONCURRENCY)

    @property
    def most_instances(self) -> int:
        return int(self.template.get("scaling", {}).get("maxInstanceCount") or DEFAULT_INSTANCES)

    @property
    def labels(self) -> dict[str, str]:
        """Of the resource that its log entries are of."""
        return {
            "project_id": self.project,
            "service_name": self.service,
            "configuration_name": self.service,
            "revision_name": short(self.name),
            "location": self.location,
        }


class Service(Record):
    """`wish` is what its owner said, with what Google fills in."""

    name: str
    wish: dict[str, Any]
    uid: str
    generation: int = 1
    observed: int = 0
    revision: str = ""  # the latest one that is ready, in full
    created_revision: str = ""
    created: float
    updated: float
    creator: str
    modifier: str

    @property
    def key(self) -> str:
        return self.name

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    @property
    def location(self) -> str:
        return part(self.name, "locations")
