"""What Vertex AI keeps of custom jobs. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.projects import custom_code_agent
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record

State = Literal[
    "JOB_STATE_PENDING",
    "JOB_STATE_RUNNING",
    "JOB_STATE_SUCCEEDED",
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLING",
    "JOB_STATE_CANCELLED",
]
FINAL = frozenset({"JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"})


class Moment(Record):
    """A state that the job enters, or a line that its container writes."""

    time: float
    state: State
    line: str = ""


class CustomJob(Record):
    """`wish` is what its creator said."""

    name: str
    wish: dict[str, Any]
    created: float
    updated: float
    plan: list[Moment]
    position: int = 0
    error: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return self.name

    @property
    def id(self) -> str:
        return short(self.name)

    @property
    def project(self) -> str:
        return part(self.name, "projects")

    @property
    def spec(self) -> dict[str, Any]:
        found: dict[str, Any] = self.wish["jobSpec"]
        return found

    @property
    def account(self) -> str:
        """Whom the container acts as."""
        return str(self.spec.get("serviceAccount") or custom_code_agent(self.project))

    @property
    def output(self) -> str:
        return str(self.spec.get("baseOutputDirectory", {}).get("outputUriPrefix", ""))

    @property
    def moment(self) -> Moment:
        return self.plan[self.position]

    @property
    def state(self) -> State:
        return self.moment.state

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def next_time(self) -> float | None:
        following = self.position + 1
        return self.plan[following].time if following < len(self.plan) else None

    @property
    def past(self) -> list[Moment]:
        return self.plan[: self.position + 1]

    def entered(self, *states: State) -> float | None:
        return next((one.time for one in self.past if one.state in states), None)

    def described(self) -> dict[str, Any]:
        started = self.entered("JOB_STATE_RUNNING")
        answer = {
            "name": self.name,
            **self.wish,
            "state": self.state,
            "createTime": written(self.created),
            "updateTime": written(self.updated),
        }
        if started is not None:
            answer["startTime"] = written(started)
        if self.final:
            answer["endTime"] = written(self.moment.time)
        return {**answer, "error": self.error} if self.error else answer
