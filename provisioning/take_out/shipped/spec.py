"""One Pipeline as its program sees it: what pipeline.json holds."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from .plain import BaseModel


class TriggerKind(StrEnum):
    SCHEDULE = "schedule"
    TUMBLING_WINDOW = "tumbling_window"
    OBJECT_CREATED = "object_created"
    EVENT = "event"


class Trigger(BaseModel):
    key: str
    paused: bool = False


class ScheduleSpec(Trigger):
    """Five-field cron in an IANA zone; how the cloud writes it is in `StackSpec.natives`."""

    kind: Literal[TriggerKind.SCHEDULE] = TriggerKind.SCHEDULE
    grace_minutes: int | None = None
    cron: str
    timezone: str
    start: datetime | None = None
    end: datetime | None = None
    accept_clock_changes: bool = False
    accepted: str = ""


class TumblingWindowSpec(Trigger):
    kind: Literal[TriggerKind.TUMBLING_WINDOW] = TriggerKind.TUMBLING_WINDOW
    grace_minutes: int | None = None
    frequency: Literal["minute", "hour", "month"]
    interval: int
    start: datetime
    end: datetime | None = None
    delay_seconds: int = 0
    max_concurrency: int = 1
    retry_count: int = 0
    retry_interval_seconds: int = 30


class ObjectCreatedSpec(Trigger):
    kind: Literal[TriggerKind.OBJECT_CREATED] = TriggerKind.OBJECT_CREATED
    prefix: str = ""
    suffix: str = ""


class EventSpec(Trigger):
    kind: Literal[TriggerKind.EVENT] = TriggerKind.EVENT
    source: str
    types: tuple[str, ...]
    detail: dict[str, Any] | None = None


TriggerSpec = ScheduleSpec | TumblingWindowSpec | ObjectCreatedSpec | EventSpec


class StackSpec(BaseModel):
    name: str
    slug: str  # the root of all names in the cloud
    blueprint: str
    settings: dict[str, Any]
    triggers: tuple[TriggerSpec, ...] = ()
    natives: dict[str, tuple[str, ...]] = {}  # by trigger key
    region: str
    account: str
    tags: dict[str, str] = {}

    @property
    def schedules(self) -> tuple[ScheduleSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, ScheduleSpec))

    @property
    def windows(self) -> tuple[TumblingWindowSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, TumblingWindowSpec))

    @property
    def objects(self) -> tuple[ObjectCreatedSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, ObjectCreatedSpec))

    @property
    def events(self) -> tuple[EventSpec, ...]:
        return tuple(each for each in self.triggers if isinstance(each, EventSpec))


def load(path: Path) -> StackSpec:
    return StackSpec.model_validate(json.loads(path.read_text(encoding="utf-8")))
