"""What Resource Manager keeps."""

from __future__ import annotations

from typing import Any, Literal

from provisioning.sandbox.records import Record


class Resource(Record):
    """Anything that has an id, from a resource group to a trigger."""

    id: str  # as it was first written; it is found in any case
    type: str  # "Microsoft.DataFactory/factories/pipelines"
    name: str
    envelope: dict[str, Any] = {}  # what stands beside the properties: location, tags, sku, …
    properties: dict[str, Any] = {}
    secrets: dict[str, str] = {}  # keys that `listKeys` gives out
    etag: str
    created: float
    modified: float
    ready: float = 0.0  # its provisioning is over from then on
    deleting: bool = False

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def subscription(self) -> str:
        return self.id.split("/")[2].lower()

    @property
    def group(self) -> str:
        """The name of its resource group, as its id spells it."""
        parts = self.id.split("/")
        return parts[4] if len(parts) > 4 else ""

    @property
    def location(self) -> str:
        return str(self.envelope.get("location", ""))

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.envelope.get("tags") or {})


class Operation(Record):
    """Something long-running that a client polls."""

    id: str
    subscription: str
    due: float
    # What happens when it is due; what ends well by itself needs nothing.
    act: Literal["nothing", "delete"] = "nothing"
    resource: str = ""  # its key
    body: dict[str, Any] | None = None  # the answer at the end, where it is not the resource
    done: bool = False

    @property
    def key(self) -> str:
        return self.id


class Registration(Record):
    """A resource provider that a subscription has registered, or has not."""

    subscription: str
    namespace: str
    registered: bool

    @property
    def key(self) -> str:
        return f"{self.subscription}/{self.namespace.lower()}"
