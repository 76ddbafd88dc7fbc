"""What is deployed: one Version of one Pipeline."""

from __future__ import annotations

from typing import Any

from provisioning.contracts.kinds import Value
from provisioning.contracts.triggers import (
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    TriggerSpec,
    TumblingWindowSpec,
)


def project_name(blueprint: str) -> str:
    """What the engine calls all stacks of one Blueprint."""
    return f"skyclock-{blueprint.replace('_', '-')}"


class StackSpec(Value):
    """One Version of one Pipeline, as a Blueprint's program sees it."""

    pipeline_id: int
    name: str  # as people typed it
    slug: str  # unique, [a-z0-9-], at most 40 characters: the root of all names in the cloud
    blueprint: str
    settings: dict[str, Any]
    triggers: tuple[TriggerSpec, ...] = ()  # those that the cloud fires
    natives: dict[str, tuple[str, ...]] = {}  # by trigger key; Blueprint.prepare fills it
    region: str
    account: str
    tags: dict[str, str] = {}
    outputs: dict[str, Any] = {}  # of the last successful up; empty before it

    @property
    def project(self) -> str:
        return project_name(self.blueprint)

    @property
    def stack(self) -> str:
        return self.slug

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
