"""The events of an event-sourced Pipeline."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from provisioning.contracts.kinds import RunStatus, Value


class LoggedEvent(Value):
    """An event as the bus recorded it; `replay` names the replay that delivered it again."""

    id: str
    time: AwareDatetime
    source: str
    type: str
    detail: dict[str, Any] = {}
    replay: str = ""


class EventPage(Value):
    """Oldest first. `cursor` None: nothing newer."""

    events: tuple[LoggedEvent, ...]
    cursor: str | None = None


class WorkflowState(Value):
    """What the events up to one of them come to."""

    step: str  # "waiting", "training", "trained", "failed"
    data: str = ""  # which data the step works on
    model: str = ""  # which model version is the last good one
    since: AwareDatetime | None = None
    facts: dict[str, str] = {}  # more, for people


class ReplayRecord(Value):
    name: str
    status: RunStatus
    cloud_status: str
    since: AwareDatetime
    until: AwareDatetime
    started: AwareDatetime | None = None
    finished: AwareDatetime | None = None
    again: bool = False  # whether what was trained is trained once more
    reason: str = ""
