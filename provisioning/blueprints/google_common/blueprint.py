"""What the Blueprints of Google do alike; each says only what is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from provisioning.blueprints.base import Blueprint, Planned, Tell
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Cloud,
    Diagnosis,
    Difference,
    Drift,
    EventSpec,
    ObjectCreatedSpec,
    Operation,
    Sample,
    StackSpec,
    TriggerSpec,
)
from provisioning.errors import Problem

from ..common.drift import Whole
from ..common.orphans import Finder, find
from . import accepting, drift, hints, orphans, samples, troubles
from .stopping import stop_all


class GoogleBlueprint(Defaults):
    cloud = Cloud.GOOGLE
    finders: Mapping[str, Finder] = {}  # of kinds that no other Blueprint has
    wholes: Sequence[Whole] = drift.WHOLES

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> None:
        """Google would let everything go and the jobs run on."""
        if operation is Operation.DESTROY:
            stop_all(cast(Blueprint, self), session, spec, tell)

    def emit(self, session: Session, spec: StackSpec, sample: Sample) -> str:
        return samples.put(session, spec, sample)

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        finder = self.finders.get(kind) or orphans.FINDERS.get(kind)
        return find(session, spec, inputs, finder)

    def explain(self, difference: Difference) -> Drift:
        return drift.explain(difference) or super().explain(difference)

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        return accepting.intended(spec, difference)

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        prepare = cast(Blueprint, self).prepare
        return accepting.accept(spec, difference, lambda changed: prepare(changed, now))

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return hints.likely_fix(error_code, message)

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        hint = self.likely_fix(code, message)
        return troubles.diagnose(spec, self.permissions, code, message, said or message, hint)


def event_problems(triggers: Sequence[TriggerSpec]) -> Iterator[Problem]:
    """What is wrong with triggers by objects and events, at "triggers.<position>.<field>"."""
    for position, trigger in enumerate(triggers):
        field = f"triggers.{position}"
        if isinstance(trigger, EventSpec):
            yield from _event_problems(trigger, field)
        other = next((each for each in triggers[:position] if _both_start(each, trigger)), None)
        if other is not None:
            said = "prefix" if isinstance(trigger, ObjectCreatedSpec) else "types"
            yield Problem(
                f"{field}.{said}",
                f"Trigger {other.key} waits for some of the same, which would start two runs. "
                "Let each wait for its own.",
            )


def _event_problems(trigger: EventSpec, field: str) -> Iterator[Problem]:
    if trigger.detail:
        yield Problem(
            f"{field}.detail",
            "Google's topics know no pattern for what is inside of a message. Choose by source "
            "and type.",
        )
    for name, texts in (("source", (trigger.source,)), ("types", trigger.types)):
        if any("${" in text for text in texts):
            yield Problem(f"{field}.{name}", "${ begins an expression of Google's; leave it out.")


def _both_start(one: TriggerSpec, other: TriggerSpec) -> bool:
    """Whether one object, or one event, can be what both wait for."""
    if isinstance(one, ObjectCreatedSpec) and isinstance(other, ObjectCreatedSpec):
        begins = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
        ends = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
        return begins and ends
    if isinstance(one, EventSpec) and isinstance(other, EventSpec):
        return one.source == other.source and bool({*one.types} & {*other.types})
    return False
