"""Triggers as the definition has them, and as the cloud has them until the next deployment."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from django.db.models import Q

from dashboard.models import Pipeline, Trigger

# One that an edit took out stays in the cloud, and fires there, until a deployment follows.
LEFT = Q(removed_at__isnull=False, state__in=[Trigger.State.ACTIVE, Trigger.State.PAUSED])
SHOWN = Q(removed_at=None) | LEFT
NOT_CONFIG = ("key", "kind", "cron", "timezone", "start", "end")  # columns of the row


def pipeline_name(id: int) -> str:
    """Of another Pipeline, as a sentence names it."""
    found = Pipeline.objects.filter(pk=id).values_list("name", flat=True).first()
    return found or "a pipeline that is gone"


def pipeline_triggers(pipeline: Pipeline) -> list[Trigger]:
    """Those of the definition."""
    return list(pipeline.triggers.filter(removed_at=None).order_by("key"))


def shown_triggers(pipeline: Pipeline) -> list[Trigger]:
    """Those of the definition, and those that only the cloud still has."""
    return list(pipeline.triggers.filter(SHOWN).order_by("key"))


def as_deployed(trigger: Trigger) -> Trigger | None:
    """As the deployed Version has it, which an edit may have left behind; None where that Version
    has no such trigger. Skyclock's own follow what was saved."""
    version = trigger.pipeline.deployed_version
    if version is None or trigger.own:
        return trigger
    values = next((one for one in version.triggers if one["key"] == trigger.key), None)
    return _with(trigger, values) if values else None


def _with(trigger: Trigger, values: dict[str, Any]) -> Trigger:
    other = copy.copy(trigger)
    other.kind = values["kind"]
    other.cron, other.timezone = values.get("cron", ""), values.get("timezone", "")
    other.start, other.end = _moment(values.get("start")), _moment(values.get("end"))
    other.config = {name: value for name, value in values.items() if name not in NOT_CONFIG}
    return other


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
