"""Schedules as sentences."""

from __future__ import annotations

from functools import lru_cache

from django import template

from dashboard.models import Trigger
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, explain

register = template.Library()


@register.filter
def sentence(trigger: Trigger) -> str:
    """ "At 06:00 on weekdays, Europe/Berlin"."""
    return schedule_sentence(trigger.cron, trigger.timezone)


@lru_cache(maxsize=4096)
def schedule_sentence(cron: str, timezone: str) -> str:
    try:
        return explain(check_schedule(cron, timezone))
    except InvalidInput:  # saved before a rule became stricter
        return f"{cron}, {timezone}"
