"""The events of the bus as its log group has them, and their replay from the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.aws_common.names import Place, own
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import (
    EventPage,
    LoggedEvent,
    ReplayRecord,
    RunStatus,
    StackSpec,
    WorkflowState,
)
from provisioning.errors import AlreadyExists, InvalidInput, NotFound

from . import names
from .assets.training_events.wording import again_of, replay_name
from .folding import fold

PAGE = 500
LOOKS = 20  # CloudWatch may answer with nothing but a token while it searches
# An event comes to the log somewhat later than it happened.
LATE = timedelta(minutes=15)

REPLAY_STATES = {
    "STARTING": RunStatus.QUEUED,
    "RUNNING": RunStatus.RUNNING,
    "CANCELLING": RunStatus.RUNNING,
    "COMPLETED": RunStatus.SUCCEEDED,
    "CANCELLED": RunStatus.STOPPED,
    "FAILED": RunStatus.FAILED,
}


class EventLog:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._logs, self._events = session.client("logs"), session.client("events")
        self._spec = spec
        self._place = Place(spec.region, spec.account)

    def events(
        self, *, since: datetime | None, until: datetime | None, cursor: str | None = None
    ) -> EventPage:
        asked: dict[str, Any] = {}
        if since:
            asked["startTime"] = _millis(since)
        if until:
            asked["endTime"] = _millis(until + LATE)
        found, token = self._page(asked, cursor)
        within = (each for each in found if until is None or each.time <= until)
        return EventPage(events=tuple(within), cursor=token)

    def of_job(self, job: str) -> list[LoggedEvent]:
        """What was said of one job, in order."""
        return list(self.with_text(f'"{job}"', since=None))

    def with_text(self, pattern: str, *, since: datetime | None) -> Iterator[LoggedEvent]:
        """`pattern` is one of CloudWatch's."""
        asked = {"filterPattern": pattern, **({"startTime": _millis(since)} if since else {})}
        token: str | None = None
        while True:
            found, token = self._page(asked, token)
            yield from found
            if not token:
                return

    def _page(
        self, asked: dict[str, Any], token: str | None
    ) -> tuple[list[LoggedEvent], str | None]:
        group = names.event_log(self._spec.slug)
        for _ in range(LOOKS):
            more = {"nextToken": token} if token else {}
            try:
                with cloud_errors("read the event log"):
                    answer = self._logs.filter_log_events(
                        logGroupName=group, limit=PAGE, **asked, **more
                    )
            except NotFound:  # destroyed, or not deployed yet
                return [], None
            found, token = [_logged(each) for each in answer["events"]], answer.get("nextToken")
            if found or not token:
                break
        return found, token

    def state(self, events: Sequence[LoggedEvent]) -> WorkflowState:
        return fold(events)

    # ── Replays ─────────────────────────────────────────────────────────────────────

    def replay(self, *, since: datetime, until: datetime, again: bool, token: str) -> str:
        if since >= until:
            raise InvalidInput.at("until", "The window has to end after it begins.")
        name = replay_name(own(self._spec.slug), token, again=again)
        try:
            with cloud_errors("replay the events"):
                self._events.start_replay(
                    ReplayName=name,
                    EventSourceArn=names.archive_arn(self._spec.slug, self._place),
                    # Events have whole seconds.
                    EventStartTime=since.replace(microsecond=0),
                    EventEndTime=_ceiling(until),
                    Destination={"Arn": names.bus_arn(self._spec.slug, self._place)},
                )
        except AlreadyExists:  # asked for with this token before
            pass
        return name

    def replays(self) -> tuple[ReplayRecord, ...]:
        found = [_replay(each) for each in self._listed()]
        early = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(found, key=lambda each: each.started or early, reverse=True))

    def _listed(self) -> Iterator[dict[str, Any]]:
        """botocore has no pages for this list."""
        arn, token = names.archive_arn(self._spec.slug, self._place), None
        while True:
            with cloud_errors("list the replays"):
                answer = self._events.list_replays(
                    EventSourceArn=arn, **({"NextToken": token} if token else {})
                )
            yield from answer["Replays"]
            token = answer.get("NextToken")
            if not token:
                return


def _logged(found: dict[str, Any]) -> LoggedEvent:
    """A replayed event keeps the time at which it first happened; what counts is when the bus
    delivered it again."""
    event = json.loads(found["message"])
    replay = str(event.get("replay-name", ""))
    written = datetime.fromtimestamp(found["timestamp"] / 1000, UTC)
    happened = datetime.fromisoformat(event["time"]).astimezone(UTC)
    return LoggedEvent(
        id=event["id"],
        time=written if replay else happened,
        source=event["source"],
        type=event["detail-type"],
        detail=event.get("detail") or {},
        replay=replay,
    )


def _replay(found: dict[str, Any]) -> ReplayRecord:
    started, ended = found.get("ReplayStartTime"), found.get("ReplayEndTime")
    return ReplayRecord(
        name=found["ReplayName"],
        status=REPLAY_STATES[found["State"]],
        cloud_status=found["State"],
        since=found["EventStartTime"].astimezone(UTC),
        until=found["EventEndTime"].astimezone(UTC),
        started=started.astimezone(UTC) if started else None,
        finished=ended.astimezone(UTC) if ended else None,
        again=bool(again_of(found["ReplayName"])),
        reason=found.get("StateReason", ""),
    )


def _ceiling(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
