"""What Dataflow keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from provisioning.sandbox.records import Record

State = Literal[
    "JOB_STATE_QUEUED",
    "JOB_STATE_PENDING",
    "JOB_STATE_RUNNING",
    "JOB_STATE_CANCELLING",
    "JOB_STATE_DRAINING",
    "JOB_STATE_DONE",
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_DRAINED",
]
FINAL = frozenset(
    {"JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_DRAINED"}
)


class Launch(Record):
    """What to start: the template, and what it is given."""

    project: str
    location: str
    name: str
    template: str  # gs://bucket/object
    flexible: bool
    parameters: dict[str, str] = {}
    environment: dict[str, Any] = {}
    streaming: bool = False
    pipeline: str = ""  # of Data Pipelines, which started it

    @property
    def worker(self) -> str:
        return str(self.environment.get("serviceAccountEmail", ""))


class Moment(Record):
    """A state that the job enters, or a stage that begins or ends in it."""

    time: float
    state: State
    stage: str = ""
    done: bool = False  # with the stage


class Message(Record):
    time: float
    importance: str
    text: str


class Job(Record):
    id: str
    launch: Launch
    created: float
    plan: list[Moment]
    position: int = 0
    failure: str = ""
    stages: list[str] = []
    messages: list[Message] = []

    @property
    def key(self) -> str:
        return self.id

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

    def entered(self, state: State) -> float | None:
        """When it first was in this state."""
        return next((one.time for one in self.past if one.state == state), None)
