from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Query, Router, Schema

from dashboard import queries
from dashboard.api.auth import caller
from dashboard.api.values import Moment, QueryId
from dashboard.queries import Cell, Chosen, Period
from provisioning.errors import InvalidInput
from provisioning.schedules.zones import check_zone

router = Router(tags=["calendar"])
LONGEST = timedelta(days=62)
Text = Annotated[str, Query(max_length=80)]


class StartsInBinOut(Schema):
    """Of one pipeline within the bin: `count` starts, the first of them `at`. `status` is `due`,
    a run's, `missed` or `unknown`; `run` is the run that it became."""

    pipeline: int
    name: str
    at: datetime
    count: int
    status: str
    run: int | None


class BinOut(Schema):
    """`due`: how many will start, as deployed; `runs`: status → how many ran; `broken`: of the
    starts that were promised, those that were late or missed, or of which nobody knows.
    `starts` has the first of them by name; [] where a fleet is too large for names."""

    start: datetime
    end: datetime
    due: int
    runs: dict[str, int]
    broken: dict[str, int]
    starts: list[StartsInBinOut]


class TogetherOut(Schema):
    """A time of day at which many start; `free` is a minute near it at which none does, or the
    fewest: `left`."""

    at: datetime
    count: int
    days: int
    free: datetime | None
    left: int


class ChangeOut(Schema):
    """A zone's clock changes; `message` says what the schedules do that have a time in it."""

    timezone: str
    at: datetime
    message: str


class NotCountedOut(Schema):
    pipeline: int
    name: str
    trigger: str
    state: Literal["paused", "missing", "unknown"]
    message: str


class CalendarOut(Schema):
    """Bins with something in them, in order. `not_counted` are schedules that start nothing, or
    of which the cloud has not confirmed that they do."""

    since: datetime
    until: datetime
    timezone: str
    bins: list[BinOut]
    together: list[TogetherOut]
    clock_changes: list[ChangeOut]
    not_counted: list[NotCountedOut]


@router.get("/calendar", response=CalendarOut)
def get_calendar(
    request: HttpRequest,
    since: Moment,
    until: Moment,
    timezone: Text = "UTC",
    bin: Literal["quarter", "hour", "day"] = "hour",
    pipeline: QueryId | None = None,
    connection: QueryId | None = None,
    cloud: Literal["aws", "azure", "google"] | None = None,
) -> dict[str, Any]:
    """What happened and what will start, over all clouds, in bins of the zone's days that `since`
    and `until` lie in. At most 62 days."""
    zone = check_zone(timezone)
    period = _period(since, until, zone, bin)
    chosen = Chosen(connection=connection, cloud=cloud or "", pipeline=pipeline)
    seen = queries.calendar(caller(request), datetime.now(UTC), period, chosen)
    return {
        "since": period.window.since,
        "until": period.window.until,
        "timezone": timezone,
        "bins": [_bin(cell) for cell in seen.filled],
        "together": [
            {**_shown(each, "at", "count", "free", "left"), "days": len(each.days)}
            for each in seen.together
        ],
        "clock_changes": [
            {"timezone": each.timezone, "at": each.change.at, "message": each.sentences}
            for each in seen.changes
        ],
        "not_counted": [
            {**_shown(each, "pipeline", "name", "state"), "trigger": each.key, "message": each.why}
            for each in seen.fleet.others
        ],
    }


def _period(since: datetime, until: datetime, zone: ZoneInfo, bin: str) -> Period:
    if not since < until <= since + LONGEST:
        message = f"The end has to be after the start, by {LONGEST.days} days at most."
        raise InvalidInput.at("until", message)
    if not 2000 <= since.year <= 2100:
        raise InvalidInput.at("since", "Choose a year from 2000 to 2100.")
    first = since.astimezone(zone).date()
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    view = {"quarter": "day", "hour": "week", "day": "month"}[bin]
    return Period(view, first, zone, last=last)


def _bin(cell: Cell) -> dict[str, Any]:
    return {
        "start": cell.start,
        "end": cell.end,
        "due": cell.due,
        "runs": dict(cell.past),
        "broken": dict(cell.broken),
        "starts": [
            _shown(block, "pipeline", "name", "at", "count", "status", "run")
            for block in cell.blocks
        ],
    }


def _shown(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
