"""Schedules as sentences."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django import template

from dashboard.models import Trigger
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, explain, next_runs

register = template.Library()


@register.filter
def sentence(trigger: Trigger) -> str:
    """ "At 06:00 on weekdays, Europe/Berlin"."""
    return schedule_sentence(trigger.cron, trigger.timezone)


@register.simple_tag
def upcoming(trigger: Trigger, count: int = 5) -> list[datetime]:
    """What follows the next firing, as long as the schedule stays as it is."""
    if not trigger.next or trigger.state != Trigger.State.ACTIVE:
        return []
    try:
        schedule = check_schedule(trigger.cron, trigger.timezone, trigger.start, trigger.end)
    except InvalidInput:
        return []
    return next_runs(schedule, trigger.next, count)


@lru_cache(maxsize=4096)
def schedule_sentence(cron: str, timezone: str) -> str:
    try:
        return explain(check_schedule(cron, timezone))
    except InvalidInput:  # saved before a rule became stricter
        return f"{cron}, {timezone}"
