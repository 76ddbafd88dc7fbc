"""What a trigger's life consists of. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Literal

from provisioning.sandbox.records import Record


class TriggerState(Record):
    """What happens to a trigger beside its document."""

    trigger: str  # the id of its document
    started: bool = False
    subscribed: bool = False  # event triggers only: to the events of their scope
    moving_until: float = 0.0  # the subscription is being made or taken away until then
    done_until: float = 0.0  # firings up to here are done, or were not to be
    due: float | None = None  # the next firing

    @property
    def key(self) -> str:
        return self.trigger.lower()


SubscriptionStatus = Literal["Enabled", "Disabled", "Provisioning", "Deprovisioning"]
