"""Schedules as sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django import template

from dashboard import queries
from dashboard.models import Trigger
from dashboard.services import trigger_words
from dashboard.times import UTC_ZONE, in_words
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import check_schedule, natively, next_runs

register = template.Library()
MOMENT, AHEAD = timedelta(seconds=1), timedelta(days=400)


@register.filter
def sentence(trigger: Trigger) -> str:
    """ "At 06:00 on weekdays, Europe/Berlin"."""
    values = {"cron": trigger.cron, "timezone": trigger.timezone, **trigger.config}
    return trigger_words.sentence(trigger.kind, values, pipeline_name=queries.pipeline_name)


@register.filter
def kind_name(trigger: Trigger) -> str:
    """ "Object created"."""
    return trigger_words.name(trigger.kind)


@register.filter
def own(trigger: Trigger) -> bool:
    """Whether Skyclock fires it, not the cloud."""
    return trigger.kind in tuple(TriggerKind) and TriggerKind(trigger.kind).own


@register.filter
def hook_address(trigger: Trigger) -> str:
    """The path of a webhook; "" before its first secret."""
    return str(next(iter(trigger.native), "")) if trigger.kind == TriggerKind.WEBHOOK else ""


@register.filter
def pattern(trigger: Trigger) -> str:
    """The detail that an event has to have, as JSON."""
    return json.dumps(trigger.config.get("detail"), indent=2, ensure_ascii=False)


@register.filter
def kind_words(kind: str) -> str:
    """The same of a kind alone, within a sentence."""
    return trigger_words.name(kind).lower()


@dataclass(frozen=True)
class Edit:
    """What was saved of a trigger since the last deployment."""

    kind: str
    sentence: str


@register.simple_tag
def edit_of(trigger: Trigger) -> Edit | None:
    """How the definition left the cloud behind; None where the cloud has what it says."""
    deployed = queries.as_deployed(trigger)
    if trigger.removed_at:
        return Edit("removed", "Removed from the definition. The cloud has it until you deploy.")
    if deployed is None:
        return Edit("new", "New in the definition. It begins with the next deployment.")
    if _schedule(deployed) == _schedule(trigger):
        return None
    return Edit("changed", f"Until you deploy, the cloud has: {_with_window(deployed)}.")


def _schedule(trigger: Trigger) -> tuple[object, ...]:
    return trigger.kind, trigger.cron, trigger.timezone, trigger.start, trigger.end, trigger.config


def _with_window(trigger: Trigger) -> str:
    words = sentence(trigger)
    for word, at in (("from", trigger.start), ("until", trigger.end)):
        words += f", {word} {in_words(at, UTC_ZONE)} UTC" if at else ""
    return words


@register.simple_tag
def upcoming(trigger: Trigger, count: int = 5) -> list[datetime]:
    """What follows the next firing, as long as the cloud's schedule stays as it is."""
    if not trigger.next or trigger.state != Trigger.State.ACTIVE:
        return []
    if trigger.kind == TriggerKind.NATIVE:
        return _natively(trigger, trigger.next, count)
    if trigger.kind != TriggerKind.SCHEDULE:
        return []
    has = queries.as_deployed(trigger) or trigger
    try:
        schedule = check_schedule(has.cron, has.timezone, has.start, has.end)
    except InvalidInput:
        return []
    return next_runs(schedule, trigger.next, count)


def _natively(trigger: Trigger, after: datetime, count: int) -> list[datetime]:
    """Of a watched schedule that cron cannot say."""
    definition = {**trigger.config, "timezone": trigger.timezone}
    definition |= {"start": trigger.start, "end": trigger.end}
    coming = natively.firings(definition, after + MOMENT, after + AHEAD)
    return list(islice(coming, count))
