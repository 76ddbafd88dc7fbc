"""What the Blueprints of AWS do alike; each says only what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.blueprints.base import NativeSchedule
from provisioning.blueprints.defaults import Defaults
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Cloud,
    Difference,
    Drift,
    ScheduleSpec,
    StackSpec,
    TriggerSpec,
)
from provisioning.errors import NotPossible

from . import console, drift, hints, orphans, schedules


class AwsBlueprint(Defaults):
    cloud = Cloud.AWS
    finders: Mapping[str, orphans.Finder] = {}  # of kinds that no other Blueprint has

    def native_schedule(self, trigger: ScheduleSpec) -> NativeSchedule:
        return schedules.native_schedule(trigger)

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        return orphans.find(session, spec, kind, inputs, self.finders)

    def console_url(self, spec: StackSpec, cloud_id: str) -> str | None:
        return console.url(spec.region, cloud_id)

    def explain(self, difference: Difference) -> Drift:
        return drift.explain(difference) or super().explain(difference)

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return hints.likely_fix(error_code, message)


def trigger_with(spec: StackSpec, key: str) -> TriggerSpec:
    found = next((each for each in spec.triggers if each.key == key), None)
    if found is None:
        raise NotPossible(f"This pipeline has no trigger '{key}'.")
    return found
