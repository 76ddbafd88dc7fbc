"""Native schedules as each cloud's own API takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from provisioning.schedules import data_factory, data_pipelines, rules, scheduler
from provisioning.schedules.native import NativeSchedules

Shape = dict[str, Any]


def shapes(natives: NativeSchedules) -> list[Shape]:
    return [SHAPES[natives.dialect](natives, each) for each in natives.expressions]


def _scheduler(natives: NativeSchedules, expression: str) -> Shape:
    window = {"StartDate": natives.start, "EndDate": natives.end}
    return {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": natives.timezone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        **{name: stamp(moment) for name, moment in window.items() if moment},
    }


def _rule(_natives: NativeSchedules, expression: str) -> Shape:
    return {"ScheduleExpression": expression}


def _recurrence(_natives: NativeSchedules, expression: str) -> Shape:
    found: Shape = json.loads(expression)
    return found


def _unix_cron(natives: NativeSchedules, expression: str) -> Shape:
    return {"schedule": expression, "timeZone": natives.timezone}


SHAPES: dict[str, Callable[[NativeSchedules, str], Shape]] = {
    scheduler.DIALECT: _scheduler,
    rules.DIALECT: _rule,
    data_factory.DIALECT: _recurrence,
    data_pipelines.DIALECT: _unix_cron,
}


def stamp(moment: datetime) -> str:
    """2027-01-31T06:00:00Z"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
