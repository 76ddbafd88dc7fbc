"""From cron to Amazon EventBridge Scheduler: generate, prove, else refuse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from provisioning.schedules import eventbridge, proof, refusals, years
from provisioning.schedules.eventbridge_text import bodies
from provisioning.schedules.horizon import (
    HORIZON,
    Horizon,
    end_after_last_run,
    horizon_of,
    minutes_in_utc,
    whole_minute,
)
from provisioning.schedules.native import NativeSchedules, Status, Translation, usable
from provisioning.schedules.proving import MOMENT, Words, missing, proved, until
from provisioning.schedules.schedule import Schedule

DIALECT = "EventBridge Scheduler"
WORDS = Words(DIALECT, skipped="leaves that run out", repeated="runs once")


def to_eventbridge_scheduler(
    schedule: Schedule, *, accept_dst: bool = False, since: datetime = HORIZON[0]
) -> NativeSchedules:
    """The native schedules that fire exactly when `schedule` does, or ScheduleRefused.

    `accept_dst` is a person's yes to what happens when the zone's clock changes.
    """
    return usable(translate(schedule, since=since), accept_dst=accept_dst)


@lru_cache(maxsize=1024)
def translate(schedule: Schedule, *, since: datetime = HORIZON[0]) -> Translation:
    """The translation with its proof; `since` is where the horizon of eleven years begins."""
    horizon = horizon_of(schedule, since)
    minutes = minutes_in_utc(schedule, horizon)
    chosen = schedule.cron.minutes if minutes is None else minutes
    zone = schedule.timezone if minutes is None else "UTC"

    def told(written: list[list[str]]) -> Translation:
        return _proved(schedule, _natives(schedule, written[0], zone), horizon)

    if written := bodies(schedule.cron, chosen):
        found = told([[f"{body} *" for body in written]])
    else:
        reason = refusals.and_days(schedule.cron, DIALECT)
        found = Translation(Status.REFUSED, None, "and-days", reason, missing(schedule, horizon))
    return years.with_split(schedule, found, told, crons=[schedule.cron], since=since)


def _natives(schedule: Schedule, written: Iterable[str], zone: str) -> NativeSchedules:
    return NativeSchedules(
        dialect=DIALECT,
        expressions=tuple(f"cron({each})" for each in written),
        timezone=zone,
        start=whole_minute(schedule.start),
        end=end_after_last_run(schedule),
    )


def _proved(schedule: Schedule, natives: NativeSchedules, horizon: Horizon) -> Translation:
    expressions = [eventbridge.parse_expression(each) for each in natives.expressions]
    return proved(
        schedule,
        natives,
        horizon,
        dates=[(schedule.cron.matches, [expression.matches for expression in expressions])],
        readings=[[firings_of(natives, each) for each in natives.expressions]],
        words=WORDS,
    )


def firings_of(natives: NativeSchedules, expression: str) -> proof.Firings:
    def between(since: datetime, end: datetime) -> Iterable[datetime]:
        every = eventbridge.firings(
            expression,
            natives.timezone,
            after=since - MOMENT,
            start=natives.start,
            end=natives.end,
        )
        return until(every, end)

    return between
