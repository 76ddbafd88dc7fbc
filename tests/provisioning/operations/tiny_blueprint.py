"""A Blueprint for the tiny provider. What it is asked to do it writes to settings["diary"]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from provisioning.blueprints.base import Planned, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import (
    Acceptance,
    Cloud,
    Diagnosis,
    Difference,
    Drift,
    ErrorKind,
    Operation,
    StackSpec,
    TriggerProof,
    TriggerState,
)
from provisioning.errors import CloudAway, CloudError, InvalidInput, PermissionDenied


class TinyBlueprint:
    kind = "tiny"
    cloud = Cloud.AWS

    def program_module(self) -> str:
        return "tests.provisioning.operations.tiny_program"

    def prepare(self, spec: StackSpec, now: datetime) -> StackSpec:
        if spec.settings.get("refused"):
            raise InvalidInput.at("refused", "This cannot be taken exactly.")
        return spec

    def before_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        planned: Planned,
        tell: Tell,
    ) -> Any:
        tell("The trigger is stopped.")
        if spec.settings.get("deny"):
            raise PermissionDenied("You may not.", code="AccessDenied", operation="look")
        self._note(spec, f"before {operation}")
        return "undo"

    def after_change(
        self,
        session: Session,
        spec: StackSpec,
        operation: Operation,
        undo: Any,
        *,
        failed: bool,
        tell: Tell,
    ) -> None:
        self._note(spec, f"after {operation} {undo} {'failed' if failed else 'fine'}")
        if spec.settings.get("unfinished"):
            raise CloudError("The trigger does not start.", code="Conflict", operation="start")
        tell("The trigger is started.")

    def trigger_states(self, session: Session, spec: StackSpec) -> tuple[TriggerProof, ...]:
        if spec.settings.get("blind"):
            raise CloudAway("The cloud is away.")
        self._note(spec, f"verify {json.dumps(spec.outputs)}")
        verified_at = "2026-11-21T06:00:00Z"
        return tuple(
            TriggerProof.model_validate(
                {"key": each.key, "state": TriggerState.ACTIVE, "verified_at": verified_at}
            )
            for each in spec.triggers
        )

    def find(
        self, session: Session, spec: StackSpec, kind: str, inputs: Mapping[str, Any]
    ) -> str | None:
        """Things have no names; the test says which id is whose by the value."""
        found: dict[str, str] = spec.settings.get("found", {})
        return found.get(str(inputs.get("value")))

    def explain(self, difference: Difference) -> Drift:
        found = f"{difference.expected} became {difference.found}" if difference.path else "gone"
        return Drift(sentence=f"{difference.name}: {found}.")

    wholes = ()
    verifies_with = {}

    def intended(self, spec: StackSpec, difference: Difference) -> bool:
        return False

    def accept(self, spec: StackSpec, difference: Difference, now: datetime) -> Acceptance | str:
        return Acceptance(settings={f"things.{difference.name}.value": difference.found})

    def likely_fix(self, error_code: str, message: str) -> str | None:
        return f"Look at {error_code}." if error_code else None

    def diagnose(self, spec: StackSpec, code: str, message: str, *, said: str = "") -> Diagnosis:
        kind = ErrorKind.PERMISSION if code == "AccessDenied" else None
        return Diagnosis(hint=self.likely_fix(code, message), kind=kind)

    def _note(self, spec: StackSpec, text: str) -> None:
        with Path(spec.settings["diary"]).open("a") as diary:
            diary.write(text + "\n")


BLUEPRINT = TinyBlueprint()
