"""What a trigger's life consists of. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from provisioning.sandbox.records import Record


class TriggerState(Record):
    """What happens to a trigger beside its document."""

    trigger: str  # the id of its document
    started: bool = False
    subscribed: bool = False  # event triggers only: to the events of their scope
    moving_until: float = 0.0  # the subscription is being made or taken away until then
    done_until: float = 0.0  # firings up to here are done, or were not to be
    due: float | None = None  # the next firing
    next_window: int = 0  # of a tumbling window trigger: the first that nobody has looked at

    @property
    def key(self) -> str:
        return self.trigger.lower()


SubscriptionStatus = Literal["Enabled", "Disabled", "Provisioning", "Deprovisioning"]


class TriggerRun(Record):
    """One firing of a trigger, and what it started."""

    id: str
    factory: str
    trigger: str  # name
    type: str
    time: float  # when it fired
    updated: float
    status: Literal["Succeeded", "Failed", "Inprogress", "Cancelled"] = "Succeeded"
    message: str = ""
    properties: dict[str, str] = {}
    pipelines: dict[str, str] = {}  # name → run id
    dependencies: dict[str, Any] = {}
    group: str = ""
    latest: bool = True

    @property
    def key(self) -> str:
        return self.id


class Window(Record):
    """One window of a tumbling window trigger, from the moment that it has passed."""

    trigger: str  # the id of its document
    number: int
    begins: float
    ends: float
    run: str  # its trigger run
    status: Literal[
        "Waiting", "Running", "Retrying", "Succeeded", "Failed", "Cancelled", "Dropped"
    ] = "Waiting"
    attempts: int = 0
    due: float | None = None  # when it is tried again

    @property
    def key(self) -> str:
        return window_key(self.trigger, self.number)


def window_key(trigger: str, number: int) -> str:
    return f"{trigger.lower()}#{number:08d}"


class LateFiring(Record):
    """A firing that somebody asked the sandbox to deliver late."""

    id: str
    trigger: str  # the id of its document
    due: float
    cause: dict[str, Any]
    body: Any = None
    properties: dict[str, str] = {}

    @property
    def key(self) -> str:
        return self.id
