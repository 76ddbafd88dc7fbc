"""Engine events → our events.

The engine speaks of steps, and of three of them for one replacement; people think of
resources. Of values only those are passed on that change, without what is secret in them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pulumi.automation import DiagnosticEvent, EngineEvent, OpType, StepEventMetadata

from provisioning.contracts import (
    Changes,
    Difference,
    LogEvent,
    PropertyChange,
    Replacement,
    ResourceEvent,
    ResourceOp,
)
from provisioning.engine import differences, properties, wording
from provisioning.engine.adoption import PendingCreate
from provisioning.engine.state import PROVIDER

Told = LogEvent | ResourceEvent
State = Literal["planned", "running", "done", "failed"]

ROOT_STACK = "pulumi:pulumi:Stack"

OPS = {
    OpType.SAME: ResourceOp.SAME,
    OpType.CREATE: ResourceOp.CREATE,
    OpType.IMPORT: ResourceOp.ADOPT,
    OpType.UPDATE: ResourceOp.UPDATE,
    OpType.DELETE: ResourceOp.DELETE,
    OpType.DISCARD: ResourceOp.DELETE,
    OpType.REPLACE: ResourceOp.REPLACE,
    OpType.CREATE_REPLACEMENT: ResourceOp.REPLACE,
    OpType.DELETE_REPLACED: ResourceOp.REPLACE,
    OpType.IMPORT_REPLACEMENT: ResourceOp.REPLACE,
    OpType.DISCARD_REPLACED: ResourceOp.REPLACE,
    OpType.READ: ResourceOp.READ,
    OpType.READ_REPLACEMENT: ResourceOp.READ,
    OpType.REFRESH: ResourceOp.REFRESH,
}
# Of a replacement's steps, the one that makes the new resource stands for it.
TELLS_PROPERTIES = (ResourceOp.CREATE, ResourceOp.UPDATE, ResourceOp.REPLACE)
REPLACES = (OpType.CREATE_REPLACEMENT, OpType.IMPORT_REPLACEMENT)
CHANGED_NEXT = (ResourceOp.UPDATE, ResourceOp.REPLACE)
ENDINGS = ("failed", "canceled", "cancelled")  # "update failed": said by our outcome already
LEVELS: dict[str, Literal["info", "warning", "error"]] = {"warning": "warning", "error": "error"}


@dataclass(frozen=True)
class Failure:
    """An error that the engine reported; `resource` is None for errors of the whole."""

    message: str
    resource: str | None = None
    op: ResourceOp | None = None


class Translator:
    """One operation's events, in the order in which they came."""

    def __init__(self, *, preview: bool = False) -> None:
        self.preview = preview
        self.failures: list[Failure] = []
        self.outputs: dict[str, Any] = {}
        self.differences: list[Difference] = []  # that a refresh found
        # That a preview plans, with the program's inputs.
        self.creates: list[tuple[PendingCreate, ResourceEvent]] = []
        self.began = False  # false: the engine refused before it did anything
        self.ended = False
        self._done: dict[str, ResourceOp] = {}
        self._running: dict[str, tuple[ResourceOp, float]] = {}
        self._refreshing = False
        self._deleted_first: set[str] = set()
        self._created: dict[str, tuple[Mapping[str, Any], tuple[PropertyChange, ...]]] = {}

    def translate(self, event: EngineEvent, now: datetime) -> Iterator[Told]:
        self.began = True
        if event.cancel_event:
            self.ended = True
        elif event.diagnostic_event:
            yield from self._diagnostic(event.diagnostic_event, now)
        elif event.stdout_event:
            yield from lines(wording.of_engine(event.stdout_event.message), now=now)
        elif event.resource_pre_event:
            self._note_order(event.resource_pre_event.metadata)
            yield from self._begun(event.resource_pre_event.metadata, now)
        elif event.res_outputs_event:
            yield from self._finished(event.res_outputs_event.metadata, now)
        elif event.res_op_failed_event:
            yield from self._failed(event.res_op_failed_event.metadata, now)

    @property
    def changes(self) -> Changes:
        """Resources, each counted once; what failed is not counted."""
        counted = list(self._done.values())
        return Changes(**{op: counted.count(ResourceOp(op)) for op in Changes.model_fields})

    def _note_order(self, step: StepEventMetadata) -> None:
        """Of a replacement, the old one is deleted first where that comes before the new one."""
        if step.op is OpType.DELETE_REPLACED and step.urn not in self._done:
            self._deleted_first.add(step.urn)

    def _replacement(self, step: StepEventMetadata, op: ResourceOp) -> Replacement | None:
        if op is not ResourceOp.REPLACE:
            return None
        first: Literal["create_first", "delete_first"] = (
            "delete_first" if step.urn in self._deleted_first else "create_first"
        )
        return Replacement(because=properties.replacing(step), order=first)

    def _told(
        self, step: StepEventMetadata, op: ResourceOp, state: State, now: datetime, **more: Any
    ) -> ResourceEvent:
        tells = op in TELLS_PROPERTIES and step.new and not _is_component(step)
        return _resource(
            step,
            op,
            state,
            now,
            properties=self._properties(step) if tells else (),
            replacement=self._replacement(step, op),
            **more,
        )

    def _properties(self, step: StepEventMetadata) -> tuple[PropertyChange, ...]:
        """Of what is created, the same at the beginning and at the end: they are looked through
        once, for the program waits meanwhile."""
        if step.old or not step.new:
            return properties.of_step(step)
        inputs = step.new.inputs or {}
        known, told = self._created.get(step.urn, (None, ()))
        if known != inputs:
            told = properties.of_step(step)
            self._created[step.urn] = inputs, told
        return told

    def _begun(self, step: StepEventMetadata, now: datetime) -> Iterator[Told]:
        op = OPS.get(step.op)
        if op is None or self.preview or _hidden(step) or step.urn in self._running:
            return
        self._refreshing = self._refreshing or op is ResourceOp.REFRESH
        if step.urn in self._done:  # e.g. the old one of a replacement is deleted now
            return
        if _is_component(step) and op is not ResourceOp.REFRESH:
            # Nothing is done for it, and its outputs may never be registered.
            self._done[step.urn] = op
            yield self._told(step, op, "done", now)
            return
        self._running[step.urn] = (op, time.monotonic())
        yield self._told(step, op, "running", now)
        if op not in (ResourceOp.SAME, ResourceOp.REFRESH):
            yield _log(step, op, wording.RUNNING[op], now)

    def _finished(self, step: StepEventMetadata, now: datetime) -> Iterator[Told]:
        op = OPS.get(step.op)
        if step.type == ROOT_STACK and step.new and step.new.outputs is not None:
            self.outputs = without_secrets(step.new.outputs)
        if op is None or _hidden(step):
            return
        if step.urn in self._done:
            yield from self._after_adoption(step, op, now)
            return
        if op is ResourceOp.REPLACE and step.op not in REPLACES:
            return
        self._done[step.urn] = op
        _, since = self._running.pop(step.urn, (op, None))
        seconds = None if since is None or op is ResourceOp.SAME else time.monotonic() - since
        state: State = "planned" if self.preview else "done"
        told = self._told(step, op, state, now, seconds=seconds)
        if self.preview and op is ResourceOp.CREATE and step.new and step.new.custom:
            planned = PendingCreate(step.urn, step.type, step.new.inputs or {})
            self.creates.append((planned, told))
        yield told
        if self._refreshing and not _is_component(step):
            self._note_difference(step, op)
        words = self._outcome_words(op)
        if words and not _is_component(step):
            yield _log(step, op, words, now, seconds=seconds)

    def _after_adoption(
        self, step: StepEventMetadata, op: ResourceOp, now: datetime
    ) -> Iterator[Told]:
        """What was imported is changed next, where the program wants it otherwise."""
        if self._done[step.urn] is not ResourceOp.ADOPT or op not in CHANGED_NEXT:
            return
        state: State = "planned" if self.preview else "done"
        words = wording.OTHERWISE if self.preview else wording.ADAPTED
        changed = properties.of_step(step)
        yield _resource(step, ResourceOp.ADOPT, state, now, properties=changed)
        yield _log(step, ResourceOp.ADOPT, words, now)

    def _note_difference(self, step: StepEventMetadata, op: ResourceOp) -> None:
        if op is ResourceOp.DELETE:
            self.differences.append(differences.of_loss(step, name_of(step.urn)))
        elif op is ResourceOp.UPDATE:
            self.differences += differences.of_update(step, name_of(step.urn))

    def _outcome_words(self, op: ResourceOp) -> str | None:
        if self.preview:
            return wording.PLANNED.get(op)
        return (wording.REFRESHED if self._refreshing else wording.DONE).get(op)

    def _failed(self, step: StepEventMetadata, now: datetime) -> Iterator[Told]:
        op = OPS.get(step.op)
        if op is None or _hidden(step):
            return
        begun, since = self._running.pop(step.urn, (op, None))
        self._done.pop(step.urn, None)
        op = ResourceOp.REFRESH if begun is ResourceOp.REFRESH else op
        seconds = None if since is None else time.monotonic() - since
        self._name_op(step.urn, op)
        yield self._told(step, op, "failed", now, seconds=seconds)
        yield _log(step, op, f"{wording.RUNNING[op]} failed", now, seconds=seconds, level="error")

    def _name_op(self, urn: str, op: ResourceOp) -> None:
        """The engine tells the reason before it tells what failed."""
        self.failures = [
            Failure(each.message, urn, op) if each.resource == urn else each
            for each in self.failures
        ]

    def _diagnostic(self, event: DiagnosticEvent, now: datetime) -> Iterator[Told]:
        text = wording.plain(event.message).strip()
        if event.severity == "debug" or not text:
            return
        if event.severity == "error":
            if event.urn is None and text.split()[-1] in ENDINGS and len(text.split()) == 2:
                return
            # The same words come twice when a program fails: from it and from the engine.
            known = text.removeprefix("an unhandled error occurred: ")
            if any(each.message == known for each in self.failures):
                return
            op = self._running.get(event.urn or "", (None, 0.0))[0]
            self.failures.append(Failure(text, event.urn, op))
        level = LEVELS.get(event.severity, "info")
        yield from lines(text, now=now, level=level, resource=event.urn)


def lines(
    text: str,
    *,
    now: datetime,
    level: Literal["debug", "info", "warning", "error"] = "info",
    resource: str | None = None,
) -> Iterator[LogEvent]:
    """A LogEvent for each line of the text that is not empty."""
    for line in text.splitlines():
        if line.strip():
            yield LogEvent(time=now, level=level, text=line.rstrip(), resource=resource)


def without_secrets(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's outputs but for those that hold a secret, however deep."""
    return {key: each for key, each in outputs.items() if not differences.holds_secret(each)}


def _hidden(step: StepEventMetadata) -> bool:
    """The stack itself and providers are the engine's own affair."""
    return step.type == ROOT_STACK or step.type.startswith(PROVIDER)


def _is_component(step: StepEventMetadata) -> bool:
    state = step.new or step.old
    return state is not None and not state.custom


def _resource(
    step: StepEventMetadata,
    op: ResourceOp,
    state: State,
    now: datetime,
    *,
    seconds: float | None = None,
    **more: Any,
) -> ResourceEvent:
    parent = (step.new or step.old).parent if step.new or step.old else ""  # type: ignore[union-attr]
    cloud_id = next((s.id for s in (step.new, step.old) if s and s.id), None)
    return ResourceEvent(
        time=now,
        urn=step.urn,
        kind=step.type,
        name=name_of(step.urn),
        op=op,
        state=state,
        seconds=None if seconds is None else round(seconds, 2),
        parent=None if f"::{ROOT_STACK}::" in parent else parent or None,
        cloud_id=None if state == "planned" and op is ResourceOp.CREATE else cloud_id,
        diff=_diff(step),
        **more,
    )


def _log(
    step: StepEventMetadata,
    op: ResourceOp,
    words: str,
    now: datetime,
    *,
    seconds: float | None = None,
    level: Literal["info", "error"] = "info",
) -> LogEvent:
    text = wording.resource_line(
        op, f"{step.type} {name_of(step.urn)}", words, seconds=seconds, diff=_diff(step)
    )
    return LogEvent(time=now, level=level, text=text, resource=step.urn)


def _diff(step: StepEventMetadata) -> tuple[str, ...]:
    return tuple(step.detailed_diff or step.diffs or ())


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
