"""The times of day of a sentence, as cron's minutes and hours: always their full product."""

from __future__ import annotations

from provisioning.schedules.notation import listed
from provisioning.schedules.sentence_parts import Heard, Time, Unsaid

Clock = tuple[set[int], set[int]]
DAY = 24 * 60


def clock_of(heard: Heard) -> Clock:
    """(minutes, hours), or Unsaid."""
    if heard.every_minutes:
        step = heard.every_minutes
        begin = heard.starting[1] % step if heard.starting else heard.offset % step
        return _stepped(heard, set(range(begin, 60, step)), until_whole_hour=False)
    if heard.minutes_past:
        return _stepped(heard, heard.minutes_past, until_whole_hour=True)
    if heard.every_hours:
        return _hourly(heard)
    if heard.windows or heard.hours_of:
        raise Unsaid("Say how often in between, such as “every hour between 8 and 18”.")
    if not heard.times:
        raise Unsaid("Say at what time as well, such as “at 06:00”.")
    return _product({(hour % 24, minute) for hour, minute in heard.times})


def _stepped(heard: Heard, minutes: set[int], *, until_whole_hour: bool) -> Clock:
    """These minutes, in the hours that are said. "Every 15 minutes until 18:00" ends before."""
    whole = {hour for hour, minute in heard.times if minute == 0 and heard.minutes_past}
    if len(whole) < len(heard.times):
        raise Unsaid("Say either how often or at what times, not both.")
    hours = heard.hours_of | whole or set(range(24))
    if heard.every_hours:
        hours &= set(range(0, 24, heard.every_hours))
    if not heard.windows:
        return minutes, hours
    inside = {
        (hour, minute)
        for hour in hours
        for minute in minutes
        if any(_within(hour * 60 + minute, *w, closed=until_whole_hour) for w in heard.windows)
    }
    if not inside:
        raise Unsaid("No time lies between these.")
    return _product(inside)


def _hourly(heard: Heard) -> Clock:
    step = heard.every_hours or 1
    starts = {heard.starting} if heard.starting else heard.times
    if len(starts) > 1:
        raise Unsaid("Say either how often or at what times, not both.")
    if heard.windows:
        return _product({at for window in heard.windows for at in _steps_in(window, step)})
    hour, minute = next(iter(starts)) if starts else (0, heard.offset)
    return {minute}, set(range(hour % step, 24, step))


def _steps_in(window: tuple[Time, Time], step: int) -> list[Time]:
    """From its begin on, its end included: 8:00, 9:00, …, 18:00."""
    first, last = (hour * 60 + minute for hour, minute in window)
    last += DAY if last < first else 0
    return [
        (at // 60 % 24, at % 60) for at in range(first, last + 1, 60 * step) if at < first + DAY
    ]


def _within(at: int, first: Time, last: Time, *, closed: bool) -> bool:
    begin, end = first[0] * 60 + first[1], last[0] * 60 + last[1]
    if not closed and last[1] == 0:
        end -= 1
    if begin <= end:
        return begin <= at <= end
    return at >= begin or at <= end


def _product(times: set[Time]) -> Clock:
    hours, minutes = {hour for hour, _ in times}, {minute for _, minute in times}
    extra = {(hour, minute) for hour in hours for minute in minutes} - times
    if not extra:
        return minutes, hours
    also = listed(f"{hour:02d}:{minute:02d}" for hour, minute in sorted(extra)[:2])
    more = " and at other times" if len(extra) > 2 else ""
    raise Unsaid(
        f"One cron expression cannot say that: it would run at {also}{more} as well. "
        "Add a second schedule for the other times."
    )
