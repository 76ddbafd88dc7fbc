"""What makes each type of trigger fire."""

from __future__ import annotations

from typing import Protocol

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import TRIGGER
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers


class Source(Protocol):
    def require_startable(self, trigger: Resource) -> None: ...

    def started(self, trigger: Resource) -> None: ...

    def resume(self, trigger: Resource) -> None:
        """The sandbox was started again while the trigger was."""


class Sources:
    """By the type of the trigger."""

    def __init__(self, manager: Manager, triggers: Triggers, sources: dict[str, Source]) -> None:
        self._sources = sources
        for trigger in manager.resources.of_type(TRIGGER):
            if triggers.state(trigger).started:
                self._of(trigger).resume(trigger)

    def require_startable(self, trigger: Resource) -> None:
        self._of(trigger).require_startable(trigger)

    def started(self, trigger: Resource) -> None:
        self._of(trigger).started(trigger)

    def _of(self, trigger: Resource) -> Source:
        return self._sources[str(trigger.properties["type"])]
