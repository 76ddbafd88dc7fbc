"""From cron to Amazon EventBridge Scheduler: generate, prove, else refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from provisioning.errors import Problem, ScheduleRefused
from provisioning.schedules import eventbridge, proof, refusals
from provisioning.schedules.cron import DayMode
from provisioning.schedules.eventbridge_text import bodies
from provisioning.schedules.native import NativeSchedules, Status, Translation
from provisioning.schedules.schedule import Schedule, last_run, occurrences
from provisioning.schedules.walls import DAY
from provisioning.schedules.zones import ClockChange, clock_changes

DIALECT = "EventBridge Scheduler"
# Clock changes are known as far as laws are; eleven years of them are proved.
HORIZON = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC))

MINUTE = timedelta(minutes=1)


def to_eventbridge_scheduler(
    schedule: Schedule, *, accept_dst: bool = False, since: datetime = HORIZON[0]
) -> NativeSchedules:
    """The native schedules that fire exactly when `schedule` does, or ScheduleRefused.

    `accept_dst` is a person's yes to what happens when the zone's clock changes.
    """
    found = translate(schedule, since=since)
    if found.natives and found.status is Status.EXACT:
        return found.natives
    if found.natives and found.status is Status.EXCEPT_DST and accept_dst:
        return replace(found.natives, accepted=found.reason)
    raise ScheduleRefused([Problem(field="cron", message=found.reason, code=found.code)])


@lru_cache(maxsize=256)  # a proof for every minute of a day takes a quarter of a second
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    horizon = _horizon(schedule, since)
    minutes = _minutes_in_utc(schedule, horizon)
    written = bodies(schedule.cron, schedule.cron.minutes if minutes is None else minutes)
    if not written:
        missing = proof.Difference(next(schedule.firings(horizon[0])), proof.Kind.MISSING)
        reason = refusals.and_days(schedule.cron, DIALECT)
        return Translation(Status.REFUSED, None, "and-days", reason, missing)
    natives = NativeSchedules(
        dialect=DIALECT,
        expressions=tuple(f"cron({body} *)" for body in written),
        timezone=schedule.timezone if minutes is None else "UTC",
        start=_whole_minute(schedule.start),
        end=_end_date(schedule),
    )
    return _proved(schedule, natives, horizon)


# ── Generate ────────────────────────────────────────────────────────────────────────


def _minutes_in_utc(
    schedule: Schedule, horizon: tuple[datetime, datetime]
) -> frozenset[int] | None:
    """For an interval job at every hour of every day, a zone only shifts the minutes. When
    all the zone's offsets shift them alike, UTC says the same and has no clock changes."""
    cron = schedule.cron
    whole = cron.mode is DayMode.ALL and len(cron.months) == 12 and len(cron.hours) == 24
    if not (whole and cron.interval):
        return None
    changes = clock_changes(schedule.timezone, *horizon)
    now = horizon[0].astimezone(schedule.zone).utcoffset() or timedelta()
    offsets = {now, *(change.after for change in changes)}
    shifted = {
        frozenset((minute - offset // MINUTE) % 60 for minute in cron.minutes) for offset in offsets
    }
    return shifted.pop() if len(shifted) == 1 else None


def _end_date(schedule: Schedule) -> datetime | None:
    """A minute after the last run: on EndDate itself AWS may or may not fire."""
    last = last_run(schedule)
    if last is None:
        return None
    after = next(occurrences(schedule.cron, schedule.timezone, last + MINUTE), None)
    return last + MINUTE - timedelta(seconds=1 if after == last + MINUTE else 0)


def _whole_minute(start: datetime | None) -> datetime | None:
    """AWS keeps no parts of a second, and nothing fires before the next whole minute."""
    if start is None or start == (whole := start.replace(second=0, microsecond=0)):
        return start
    return whole + MINUTE


# ── Prove ───────────────────────────────────────────────────────────────────────────


def _proved(
    schedule: Schedule, natives: NativeSchedules, horizon: tuple[datetime, datetime]
) -> Translation:
    overlap = _overlap(schedule, natives, horizon)
    changes = _changes(schedule, horizon)
    changed: ClockChange | None = None
    first: proof.Difference | None = None
    for difference in _differences(schedule, natives, changes, horizon):
        if overlap and difference.kind is proof.Kind.TWICE:
            continue
        change = _change_of(difference, changes)
        if change is None:
            reason = refusals.not_exact(difference, DIALECT)
            return Translation(Status.REFUSED, None, "not-exact", reason, difference)
        changed, first = changed or change, first or difference
    if overlap:
        reason = refusals.or_overlap(overlap, len(natives.expressions))
        status = Status.OVERLAP_EXCEPT_DST if changed else Status.OVERLAP
        return Translation(status, natives, "or-overlap", reason, overlap)
    if changed:
        code, reason = refusals.clock_change(
            schedule, changed, DIALECT, skipped="leaves that run out", repeated="runs once"
        )
        return Translation(Status.EXCEPT_DST, natives, code, reason, first)
    return Translation(Status.EXACT, natives)


def _overlap(
    schedule: Schedule, natives: NativeSchedules, horizon: tuple[datetime, datetime]
) -> proof.Difference | None:
    """The first run on a date that the native schedules do not match exactly once."""
    last = last_run(schedule)
    expressions = [eventbridge.parse_expression(text) for text in natives.expressions]
    day = proof.first_differing_date(
        schedule.cron.matches,
        [expression.matches for expression in expressions],
        next(schedule.firings(horizon[0]), horizon[0]).astimezone(schedule.zone).date(),
        last.astimezone(schedule.zone).date() if last else None,
    )
    if day is None:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=schedule.zone)
    return proof.Difference(next(schedule.firings(midnight), midnight), proof.Kind.TWICE)


def _differences(
    schedule: Schedule,
    natives: NativeSchedules,
    changes: Sequence[ClockChange],
    horizon: tuple[datetime, datetime],
) -> list[proof.Difference]:
    first = next(schedule.firings(horizon[0]), horizon[0])
    windows = [(first, first + DAY), *(proof.around(c.at, c.size) for c in changes)]
    windows += [(edge - DAY, edge + DAY) for edge in (schedule.start, schedule.end) if edge]
    native_firings = [_firings(natives, expression) for expression in natives.expressions]
    found = proof.differences(schedule.firings, native_firings, windows)
    return sorted(set(found), key=lambda difference: difference.at)


def _firings(natives: NativeSchedules, expression: str) -> proof.Firings:
    def between(since: datetime, until: datetime) -> Iterable[datetime]:
        every = eventbridge.firings(
            expression,
            natives.timezone,
            after=since - timedelta(microseconds=1),
            start=natives.start,
            end=natives.end,
        )
        return takewhile(lambda instant: instant < until, every)

    return between


def _changes(schedule: Schedule, horizon: tuple[datetime, datetime]) -> tuple[ClockChange, ...]:
    """Those within the horizon, and those around an end that lies beyond it."""
    within, end = clock_changes(schedule.timezone, *horizon), schedule.end
    if end is None or end <= horizon[1]:
        return within
    return within + clock_changes(schedule.timezone, max(horizon[1], end - 2 * DAY), end + 2 * DAY)


def _change_of(difference: proof.Difference, changes: Sequence[ClockChange]) -> ClockChange | None:
    windows = ((change, proof.around(change.at, change.size)) for change in changes)
    return next((change for change, (a, b) in windows if a <= difference.at < b), None)


def _horizon(schedule: Schedule, since: datetime) -> tuple[datetime, datetime]:
    begin = since
    if schedule.start:  # laws of long ago count no more
        begin = max(schedule.start, since - 366 * DAY)
    last = last_run(schedule)
    if last and last <= begin:
        begin = max(last - 731 * DAY, schedule.start or last - 731 * DAY)
    eleven_years = begin + (HORIZON[1] - HORIZON[0])
    return begin, min(schedule.end or eleven_years, eleven_years)
