"""Event Grid's delivery: what happens to a resource is told to whoever subscribed to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.azure.times import written


@dataclass(frozen=True)
class Event:
    """In Event Grid's own schema. `source` is the id of the resource that it is about."""

    source: str
    id: str
    type: str
    subject: str
    time: str
    data: Any
    data_version: str = ""

    def shown(self) -> dict[str, Any]:
        return {
            "topic": self.source,
            "subject": self.subject,
            "eventType": self.type,
            "id": self.id,
            "data": self.data,
            "dataVersion": self.data_version,
            "metadataVersion": "1",
            "eventTime": self.time,
        }


Subscriber = Callable[[Event], None]


class Bus:
    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def publish(self, event: Event) -> None:
        """Call it with the world locked. What a subscriber does with it, it keeps itself."""
        for subscriber in self._subscribers:
            subscriber(event)


def new_event(*, source: str, type: str, subject: str, data: Any, now: float) -> Event:
    return Event(
        source=source, id=str(uuid.uuid4()), type=type, subject=subject, time=written(now),
        data=data,
    )  # fmt: skip
