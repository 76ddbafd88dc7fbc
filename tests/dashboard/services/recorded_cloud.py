"""A cloud whose answers a test writes down. What is saved of them is the subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.models import Pipeline, Run
from provisioning.contracts import (
    MissedCause,
    ParameterSpec,
    RunPage,
    RunRecord,
    RunStatus,
    StepRecord,
    TriggerProof,
)
from provisioning.errors import NotFound

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@dataclass
class RecordedCloud:
    """A Blueprint, a session, a reader and controls in one, of which the test says what they
    answer."""

    records: dict[str, RunRecord] = field(default_factory=dict)
    steps_of: dict[str, tuple[StepRecord, ...]] = field(default_factory=dict)
    page: int = 2
    clock: datetime = NOON
    error: Exception | None = None
    kept: timedelta | None = None
    missed: dict[datetime, MissedCause] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    proofs: tuple[TriggerProof, ...] = ()
    specs: tuple[ParameterSpec, ...] = ()
    started: dict[str, str] = field(default_factory=dict)  # token → run

    def has(self, id: str, status: str, at: datetime, **more: Any) -> None:
        self.records[id] = RunRecord(
            cloud_id=id, status=RunStatus(status), cloud_status=status.title(), started=at, **more
        )

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        self.asked.append(("runs", since, cursor))
        if self.error:
            raise self.error
        newest = sorted(self.records.values(), key=lambda one: one.started, reverse=True)
        found = [one for one in newest if since is None or one.started >= since]
        begin = int(cursor or 0)
        end = begin + self.page
        # As SageMaker does: the list lacks the end, the parameters and the trigger.
        bare = [
            one.model_copy(update={"finished": None, "parameters": {}, "trigger": ""})
            for one in found[begin:end]
        ]
        return RunPage(runs=tuple(bare), cursor=str(end) if end < len(found) else None)

    def run(self, cloud_id: str) -> RunRecord:
        self.asked.append(("run", cloud_id))
        if cloud_id not in self.records:
            raise NotFound("No such execution.")
        return self.records[cloud_id]

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        self.asked.append(("steps", cloud_id))
        return self.steps_of.get(cloud_id, ())

    def now(self) -> datetime:
        return self.clock

    def reader(self, session: Any, spec: Any) -> RecordedCloud:
        return self

    def trigger_states(self, session: Any, spec: Any) -> tuple[TriggerProof, ...]:
        self.asked.append(("triggers",))
        return self.proofs

    def explain_missed(
        self, session: Any, spec: Any, key: str, dues: Sequence[datetime]
    ) -> Mapping[datetime, MissedCause]:
        self.asked.append(("missed", key, dues))
        return {due: self.missed[due] for due in dues if due in self.missed}

    def controls(self, session: Any, spec: Any) -> RecordedCloud:
        return self

    def parameters(self) -> tuple[ParameterSpec, ...]:
        return self.specs

    def start(self, parameters: Mapping[str, str], *, token: str) -> str:
        self.asked.append(("start", dict(parameters), token))
        if self.error:
            raise self.error
        return self._begin(parameters, token)

    def rerun(self, cloud_id: str, *, from_failure: bool, token: str) -> str:
        self.asked.append(("rerun", cloud_id, from_failure))
        self.has(cloud_id, "running", self.records[cloud_id].started, trigger="manual")
        return cloud_id

    def _begin(self, parameters: Mapping[str, str], token: str) -> str:
        if token not in self.started:
            self.started[token] = id = f"started-{len(self.started) + 1}"
            self.has(id, "running", self.clock, trigger="manual", parameters=dict(parameters))
        return self.started[token]

    def looked_at(self) -> list[str]:
        return [one[1] for one in self.asked if one[0] == "run"]


def step(name: str, status: str = "succeeded", **more: Any) -> StepRecord:
    return StepRecord(
        name=name, kind="Training", status=RunStatus(status), cloud_status=status, **more
    )


def by_id(pipeline: Pipeline) -> Mapping[str, Run]:
    return {run.cloud_id: run for run in pipeline.runs.select_related("trigger")}
