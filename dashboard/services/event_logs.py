"""The event log of an event-sourced Pipeline: read in order, rebuilt from, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from dashboard import audit
from dashboard.models import Pipeline, User
from dashboard.services import asking
from dashboard.services.entering import Entered, enter
from provisioning.blueprints.base import EventLog
from provisioning.contracts import EventPage, Level, LoggedEvent, ReplayRecord, WorkflowState
from provisioning.errors import InvalidInput, NotPossible

MOST_EVENTS = 10_000  # that a state is rebuilt from


def events(
    pipeline: Pipeline,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
) -> EventPage:
    """A page, oldest first: from `since` on and before `until`."""
    log = _log(enter(pipeline, Level.OBSERVE))
    return asking.within(lambda: log.events(since=since, until=until, cursor=cursor))


def state_at(pipeline: Pipeline, event_id: str) -> WorkflowState:
    """What the events come to, from the first one up to this one."""
    log = _log(enter(pipeline, Level.OBSERVE))
    return asking.within(lambda: log.state(_up_to(log, event_id)))


def state_now(pipeline: Pipeline) -> WorkflowState:
    """What all events come to."""
    log = _log(enter(pipeline, Level.OBSERVE))
    return asking.within(lambda: log.state(tuple(_limited(log))))


def replays(pipeline: Pipeline) -> tuple[ReplayRecord, ...]:
    """Newest first, as the cloud knows them."""
    return asking.within(_log(enter(pipeline, Level.OBSERVE)).replays)


def replay(
    *, actor: User, pipeline: Pipeline, since: datetime, until: datetime, again: bool
) -> str:
    """Have the cloud deliver a window's events once more; the replay's name.

    What was done for an event is done again only with `again`.
    """
    entered = enter(pipeline, Level.RUN)
    log = _log(entered)
    if since >= until:
        raise InvalidInput.at("until", "The window has to end after it begins.")
    if until > pipeline.connection.now(timezone.now()):
        raise InvalidInput.at("until", "Only what has happened can be replayed.")
    token = uuid4().hex
    name = asking.within(lambda: log.replay(since=since, until=until, again=again, token=token))
    detail = {"replay": name, "since": since.isoformat(), "until": until.isoformat()}
    audit.record(
        actor=actor, action="events.replay", subject=pipeline, detail={**detail, "again": again}
    )
    return name


def _log(entered: Entered) -> EventLog:
    log = entered.blueprint.event_log(entered.session, entered.spec)
    if log is None:
        raise NotPossible(f"A {entered.blueprint.label} keeps no log of its events.")
    return log


def _up_to(log: EventLog, event_id: str) -> tuple[LoggedEvent, ...]:
    found: list[LoggedEvent] = []
    for event in _limited(log):
        found.append(event)
        if event.id == event_id:
            return tuple(found)
    raise InvalidInput.at("at", f"The log has no event {event_id}.", "unknown")


def _limited(log: EventLog) -> Iterator[LoggedEvent]:
    for number, event in enumerate(_every(log)):
        if number == MOST_EVENTS:
            raise NotPossible(f"The log has more than {MOST_EVENTS:,} events: too many to go by.")
        yield event


def _every(log: EventLog) -> Iterator[LoggedEvent]:
    page = log.events(since=None, until=None)
    yield from page.events
    while page.cursor:
        page = log.events(since=None, until=None, cursor=page.cursor)
        yield from page.events
