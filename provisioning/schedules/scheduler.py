"""From cron to Amazon EventBridge Scheduler: generate, prove, else refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from provisioning.schedules import eventbridge, proof, refusals
from provisioning.schedules.eventbridge_text import bodies
from provisioning.schedules.horizon import (
    HORIZON,
    Horizon,
    change_of,
    changes_of,
    differing_date,
    end_after_last_run,
    horizon_of,
    minutes_in_utc,
    whole_minute,
    windows_of,
)
from provisioning.schedules.native import NativeSchedules, Status, Translation, usable
from provisioning.schedules.schedule import Schedule
from provisioning.schedules.zones import ClockChange

DIALECT = "EventBridge Scheduler"


def to_eventbridge_scheduler(
    schedule: Schedule, *, accept_dst: bool = False, since: datetime = HORIZON[0]
) -> NativeSchedules:
    """The native schedules that fire exactly when `schedule` does, or ScheduleRefused.

    `accept_dst` is a person's yes to what happens when the zone's clock changes.
    """
    return usable(translate(schedule, since=since), accept_dst=accept_dst)


@lru_cache(maxsize=256)  # a proof for every minute of a day takes a quarter of a second
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    horizon = horizon_of(schedule, since)
    minutes = minutes_in_utc(schedule, horizon)
    written = bodies(schedule.cron, schedule.cron.minutes if minutes is None else minutes)
    if not written:
        missing = proof.Difference(next(schedule.firings(horizon[0])), proof.Kind.MISSING)
        reason = refusals.and_days(schedule.cron, DIALECT)
        return Translation(Status.REFUSED, None, "and-days", reason, missing)
    natives = NativeSchedules(
        dialect=DIALECT,
        expressions=tuple(f"cron({body} *)" for body in written),
        timezone=schedule.timezone if minutes is None else "UTC",
        start=whole_minute(schedule.start),
        end=end_after_last_run(schedule),
    )
    return _proved(schedule, natives, horizon)


# ── Prove ───────────────────────────────────────────────────────────────────────────


def _proved(schedule: Schedule, natives: NativeSchedules, horizon: Horizon) -> Translation:
    overlap = _overlap(schedule, natives, horizon)
    changes = changes_of(schedule, horizon)
    changed: ClockChange | None = None
    first: proof.Difference | None = None
    for difference in _differences(schedule, natives, changes, horizon):
        if overlap and difference.kind is proof.Kind.TWICE:
            continue
        change = change_of(difference, changes)
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
    schedule: Schedule, natives: NativeSchedules, horizon: Horizon
) -> proof.Difference | None:
    expressions = [eventbridge.parse_expression(text) for text in natives.expressions]
    at = differing_date(schedule, [each.matches for each in expressions], horizon)
    return proof.Difference(at, proof.Kind.TWICE) if at else None


def _differences(
    schedule: Schedule,
    natives: NativeSchedules,
    changes: Sequence[ClockChange],
    horizon: Horizon,
) -> list[proof.Difference]:
    windows = windows_of(schedule, changes, horizon)
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
