"""When a trigger is due, by its definition. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import natively
from provisioning.schedules.schedule import check_schedule
from provisioning.schedules.windows import next_due
from provisioning.schedules.zones import clock_changes

SCHEDULED = (
    TriggerKind.SCHEDULE.value,
    TriggerKind.TUMBLING_WINDOW.value,
    TriggerKind.NATIVE.value,
)
INSTANT = timedelta(microseconds=1)
LONGEST_CHANGE = timedelta(hours=26)  # a zone that moved across the date line


def due_times(
    definition: Mapping[str, Any], since: datetime, until: datetime
) -> Iterator[datetime]:
    """From `since`, inclusive, to `until`, exclusive, in order; by a trigger's spec as JSON.

    Without those of which a person accepted that the cloud may do otherwise.
    """
    if since >= until:
        return iter(())
    if definition["kind"] == TriggerKind.TUMBLING_WINDOW.value:
        return _windows(definition, since, until)
    if definition["kind"] == TriggerKind.NATIVE.value:
        return natively.firings(definition, since, until)
    every = _firings(definition, since, until)
    return (due for due in every if not is_unsure(definition, due))


def unsure_times(
    definition: Mapping[str, Any], since: datetime, until: datetime
) -> Iterator[datetime]:
    """When cron fires within what a clock change touches, and the cloud, as accepted, may not."""
    if since >= until or not _accepts(definition):
        return iter(())
    return (due for due in _firings(definition, since, until) if is_unsure(definition, due))


def is_unsure(definition: Mapping[str, Any], instant: datetime) -> bool:
    """Whether a clock change touches this instant, and a difference there was accepted."""
    if not _accepts(definition):
        return False
    near = clock_changes(definition["timezone"], instant - LONGEST_CHANGE, instant + LONGEST_CHANGE)
    return any(change.at - change.size <= instant <= change.at + change.size for change in near)


def same_times(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both fire alike, whatever else differs."""
    left_out = ("paused", "grace_minutes", "accept_clock_changes", "accepted")
    return _without(one, left_out) == _without(other, left_out)


def _without(definition: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in definition.items() if name not in names}


def _accepts(definition: Mapping[str, Any]) -> bool:
    return bool(definition.get("accepted"))


def _firings(definition: Mapping[str, Any], since: datetime, until: datetime) -> Iterator[datetime]:
    try:
        schedule = check_schedule(
            definition["cron"],
            definition["timezone"],
            _moment(definition.get("start")),
            _moment(definition.get("end")),
        )
    except InvalidInput:  # saved before a rule became stricter: nothing is promised by it
        return iter(())
    return schedule.firings(since, until)


def _windows(definition: Mapping[str, Any], since: datetime, until: datetime) -> Iterator[datetime]:
    start, end = _moment(definition["start"]), _moment(definition.get("end"))
    assert start is not None
    after = since - INSTANT
    while True:
        coming = next_due(
            start,
            definition["frequency"],
            definition["interval"],
            after=after,
            delay=timedelta(seconds=definition.get("delay_seconds", 0)),
            end=end,
        )
        if coming is None or coming >= until:
            return
        yield coming
        after = coming


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
