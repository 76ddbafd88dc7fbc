"""What watching adds to a Blueprint: finding what exists, and looking at one of it again.

A watched Pipeline has no definition of ours. What stands in its place is what the last look saw:
`Settings` for what it is, the triggers for what starts it. The history code asks a watcher for a
reader as it asks any Blueprint; whatever would change something is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol

from pydantic import BaseModel, ConfigDict

from provisioning.blueprints.base import Controls, NativeSchedule
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    Level,
    ScheduleSpec,
    StackSpec,
    TriggerKind,
    TriggerProof,
    TriggerSpec,
    TriggerState,
    Unread,
    Watchable,
)
from provisioning.errors import NotPossible

NOT_MANAGED = (
    "It is watched, not managed here: Skyclock reads it and changes nothing. Change it "
    "where it was made."
)


class Starter(BaseModel):
    """A trigger as the last look saw it, by its key."""

    model_config = ConfigDict(extra="ignore")

    cloud_id: str
    name: str
    native: str
    running: bool = True
    starts_as: str = ""
    note: str = ""


class Settings(BaseModel):
    """What a watched Pipeline is; what a later release writes besides is left out."""

    model_config = ConfigDict(extra="ignore")

    cloud_id: str
    target: str = ""
    detail: str = ""
    console: str = ""
    starters: dict[str, Starter] = {}


def settings_of(spec: StackSpec) -> Settings:
    return Settings.model_validate(spec.settings)


def seen_as(found: Watchable) -> dict[str, Any]:
    """Its settings, from a look."""
    starters = {
        each.spec.key: Starter(
            cloud_id=each.cloud_id,
            name=each.name,
            native=each.native,
            running=each.running,
            starts_as=each.starts_as,
            note=each.note,
        )
        for each in found.triggers
    }
    settings = Settings(
        cloud_id=found.cloud_id,
        target=found.target,
        detail=found.detail,
        console=found.console,
        starters=starters,
    )
    return settings.model_dump(mode="json")


def triggers_of(found: Watchable) -> tuple[TriggerSpec, ...]:
    return tuple(each.spec for each in found.triggers)


def proofs_of(found: Watchable) -> tuple[TriggerProof, ...]:
    """Whatever was seen is there: a watched trigger has no wish of ours to be held against."""
    return tuple(
        TriggerProof(
            key=each.spec.key,
            state=TriggerState.ACTIVE if each.running else TriggerState.PAUSED,
            native=(each.native,),
            next=each.next if each.running else None,
            verified_at=datetime.now(UTC),  # when we looked, on our own clock
            message=each.note,
        )
        for each in found.triggers
    )


class Discoverer(Protocol):
    """Finds what can be watched in the accounts of one cloud."""

    kinds: tuple[str, ...]

    def discover(self, session: Session) -> Iterator[Watchable | Unread]:
        """All that there is; what may not be asked for is told as Unread. Changes nothing."""


class Watcher(Defaults):
    """One kind of thing that is watched. Each says how it is looked at, and reads its runs."""

    cloud: Cloud
    service: str  # in whose console people know it: "Step Functions"
    Settings: type[BaseModel] = Settings
    trigger_kinds: frozenset[TriggerKind] = frozenset()
    permissions: Mapping[Level, tuple[str, ...]] = {}
    summary = "Watched, and not managed here."

    def observe(self, session: Session, cloud_id: str) -> tuple[Watchable, tuple[Unread, ...]]:
        """It as it is now, and what of it could not be read. NotFound when it is gone."""
        raise NotImplementedError

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        found, _ = self.observe(session, settings_of(spec).cloud_id)
        return proofs_of(found)

    def example(self) -> dict[str, Any]:
        return refuse()

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        return refuse()

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        return refuse()

    def program_module(self) -> str:
        return refuse()

    def pause(self, session: Session, spec: StackSpec, key: str) -> None:
        refuse()

    def resume(self, session: Session, spec: StackSpec, key: str) -> None:
        refuse()

    def controls(self, session: Session, spec: StackSpec) -> Controls:
        return refuse()

    def emit(self, session: Session, spec: StackSpec, sample: Any) -> str:
        return refuse()


def refuse() -> NoReturn:
    raise NotPossible(NOT_MANAGED)
