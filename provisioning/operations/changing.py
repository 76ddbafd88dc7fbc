"""What a Blueprint does around an engine that changes the cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from provisioning.blueprints.base import Blueprint
from provisioning.clouds import Session
from provisioning.contracts import Operation, OperationEvent, ResourceEvent, StackSpec
from provisioning.engine import stacks
from provisioning.engine.stacks import Job
from provisioning.errors import SkyclockError
from provisioning.operations.telling import Teller


class Change:
    """Of an operation that changes nothing in the cloud (None) a Blueprint is not told."""

    def __init__(
        self, blueprint: Blueprint, session: Session, operation: Operation | None, teller: Teller
    ) -> None:
        self._blueprint = blueprint
        self._session = session
        self._operation = operation
        self._teller = teller
        self._undo: Any = None

    def begin(self, spec: StackSpec, planned: Callable[[], tuple[ResourceEvent, ...]]) -> None:
        """`planned` finds out what the engine is about to change, which takes a while."""
        if self._operation:
            self._undo = self._blueprint.before_change(
                self._session, spec, self._operation, planned, self._teller.say
            )

    def end(self, spec: StackSpec, *, failed: bool) -> SkyclockError | None:
        """What went wrong, if anything did: the engine's own error must not be lost for it."""
        if not self._operation:
            return None
        try:
            self._blueprint.after_change(
                self._session,
                spec,
                self._operation,
                self._undo,
                failed=failed,
                tell=self._teller.say,
            )
        except SkyclockError as trouble:
            self._teller.log(str(trouble), level="error")
            return trouble
        return None


def what_changes(job: Job) -> tuple[ResourceEvent, ...]:
    """By a preview that nobody sees."""
    found: list[ResourceEvent] = []

    def note(event: OperationEvent) -> None:
        if isinstance(event, ResourceEvent) and event.state == "planned":
            found.append(event)

    stacks.run(replace(job, emit=note, plan=None, on_state=""), Operation.PREVIEW)
    return tuple(found)
