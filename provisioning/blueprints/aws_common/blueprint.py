"""What the Blueprints of AWS do alike; each says only what is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from provisioning.blueprints.base import Blueprint, NativeSchedule
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Claims,
    Cloud,
    Diagnosis,
    Difference,
    Drift,
    MissedCause,
    ScheduleSpec,
    StackSpec,
    TriggerKind,
)

from ..common.drift import Whole
from ..common.orphans import Finder, find
from . import accepting, console, dead_letters, drift, hints, names, orphans, schedules, troubles


class AwsBlueprint(Defaults):
    cloud = Cloud.AWS
    finders: Mapping[str, Finder] = {}  # of kinds that no other Blueprint has
    helpers: tuple[str, ...] = ()  # rules that serve the Pipeline, by the end of their names
    wholes: Sequence[Whole] = drift.WHOLES
    verifies_with: Mapping[TriggerKind, tuple[str, ...]] = {
        TriggerKind.SCHEDULE: ("scheduler",),
        TriggerKind.OBJECT_CREATED: ("s3", "events"),
        TriggerKind.EVENT: ("events",),
    }

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        return schedules.native_schedule(trigger)

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        finder = self.finders.get(kind) or orphans.FINDERS.get(kind)
        return find(session, spec, inputs, finder)

    def explain_missed(
        self, session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        return dead_letters.causes(session, spec, key, dues)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.region, cloud_id)

    def explain(self, difference: Difference) -> Drift:
        return drift.explain(difference) or super().explain(difference)

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        return accepting.intended(spec, difference)

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        prepare = cast(Blueprint, self).prepare
        return accepting.accept(spec, difference, lambda changed: prepare(changed, now))

    def claims(self, spec: StackSpec) -> Claims:
        keys = [each.key for each in spec.triggers]
        schedules_of = (
            names.schedule(spec.slug, key, position)
            for key in keys
            for position in range(schedules.MOST_NATIVES)
        )
        rules_of = (names.rule(spec.slug, key) for key in (*keys, *self.helpers))
        return Claims(
            names=frozenset((*schedules_of, *rules_of)), targets=frozenset(_targets(spec))
        )

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return hints.likely_fix(error_code, message)

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        hint = self.likely_fix(code, message)
        return troubles.diagnose(spec, self.permissions, code, message, said or message, hint)


def _targets(spec: StackSpec) -> Iterator[str]:
    """ARNs among the outputs; of a function the stack tells the name."""
    place = names.Place(spec.region, spec.account)
    for output, value in spec.outputs.items():
        if output in ("function", "handler"):
            yield place.arn("lambda", f"function:{value}")
        elif output.endswith("_arn") and output != "role_arn":
            yield str(value)
