"""The history of executions: events as GetExecutionHistory gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.states.language.problems import runtime
from provisioning.sandbox.aws.states.records import (
    EVENTS_PER_PAGE,
    Execution,
    HistoryPage,
    page_key,
)
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store

MOST_EVENTS = 25_000
Event = dict[str, Any]


class History:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._pages = Table(store, kind="states_history", record=HistoryPage)
        self._clock = clock
        self._changed: dict[str, HistoryPage] = {}
        self._added: list[Event] = []

    def add(
        self,
        execution: Execution,
        type: str,
        *,
        after: int = 0,
        details: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> int:
        """Append an event; returns its id. `name` is that of the member for the details, where
        it does not follow from the type. Call `keep` before the world is unlocked.

        Raises StateFailed when the history is full; what ends an execution always fits."""
        if execution.events >= MOST_EVENTS - 1 and not type.startswith("Execution"):
            raise runtime(
                f"The execution reached the maximum number of history events ({MOST_EVENTS})."
            )
        execution.events += 1
        event: Event = {
            "timestamp": round(self._clock.now(), 3),
            "type": type,
            "id": execution.events,
            "previousEventId": after,
        }
        if details is not None:
            given = {key: value for key, value in details.items() if value is not None}
            event[name or f"{type[:1].lower()}{type[1:]}EventDetails"] = given
        self._added.append(event)
        page = self._page(execution, execution.events)
        page.events.append(json.dumps(event, separators=(",", ":")))
        self._changed[page.key] = page
        return execution.events

    def keep(self) -> list[Event]:
        """Put what was added; returns it."""
        for page in self._changed.values():
            self._pages.put(page)
        self._changed.clear()
        added, self._added = self._added, []
        return added

    def events(self, execution: Execution) -> list[Event]:
        """All, in the order of their ids."""
        count = -(-execution.events // EVENTS_PER_PAGE)
        pages = (self._page(execution, 1 + n * EVENTS_PER_PAGE) for n in range(count))
        return [json.loads(event) for page in pages for event in page.events]

    def forget(self, execution: Execution) -> None:
        for number in range(-(-execution.events // EVENTS_PER_PAGE)):
            self._pages.delete(page_key(execution.arn, number))

    def _page(self, execution: Execution, event: int) -> HistoryPage:
        number = (event - 1) // EVENTS_PER_PAGE
        key = page_key(execution.arn, number)
        return (
            self._changed.get(key)
            or self._pages.get(key)
            or HistoryPage(execution=execution.arn, number=number)
        )


def data(name: str, text: str | None) -> dict[str, Any]:
    """An input or an output in an event's details."""
    return {name: text, f"{name}Details": {"truncated": False}}
