"""What Step Functions keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.records import Record

EVENTS_PER_PAGE = 64
KEPT_SECONDS = 90 * 86_400.0
FINAL = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

# entering   about to enter its state
# retrying   waits until its state's task, branches or items are tried again
# waiting    in a Wait state
# calling    a task was called, and its answer is on the way
# working    waits for what its task submitted, or for its branches or items
# done       has come to its end
# failed, aborted   ended without result; a redrive begins here
Phase = Literal[
    "entering", "retrying", "waiting", "calling", "working", "done", "failed", "aborted"
]


class Machine(Record):
    account: str
    region: str
    name: str
    definition: str  # key of the text
    role: str
    logging: dict[str, Any] | None = None
    tracing: dict[str, Any] | None = None
    tags: list[dict[str, str]] = []
    revision: str = ""
    created: float
    updated: float

    @property
    def key(self) -> str:
        return self.arn

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("states", f"stateMachine:{self.name}")


class Definition(Record):
    """The text of a definition, kept once however many executions ran it."""

    digest: str
    text: str

    @property
    def key(self) -> str:
        return self.digest


class Outcome(BaseModel):
    """How a task ended: with an output, or with an error."""

    output: Any = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None


class TaskRun(BaseModel):
    """The task of a strand, called once."""

    kind: str  # "sagemaker"; "" for a function that is named by its ARN
    resource: str  # "createTrainingJob.sync"
    answer: Any = None  # what the call gave
    arguments: Any = None  # of a call that is made again after a restart
    waits_for: str = ""  # what it submitted: "job/training/…", "execution/arn:…"
    outcome: Outcome | None = None
    deadline: float | None = None


class Strand(BaseModel):
    """A walk over one set of states: the machine's own, a branch's, or an iteration's."""

    number: int
    parent: int | None = None
    index: int = 0  # among the parent's branches or items
    path: list[str | int] = []  # where its states are in the definition
    variables: dict[str, Any] = {}
    item: Any = None  # of a Map: what `$$.Map.Item.Value` is

    state: str
    phase: Phase = "entering"
    due: float | None = None  # when to go on
    input: Any = None
    entered: float = 0.0
    entered_event: int = 0
    event: int = 0  # the last one of this strand
    retries: dict[int, int] = {}  # by retrier
    items: list[Any] = []  # of a Map: the inputs of its iterations
    concurrency: int = 0  # of a Map; 0: no limit
    task: TaskRun | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None

    @property
    def retry_count(self) -> int:
        return sum(self.retries.values())

    @property
    def next_time(self) -> float | None:
        deadline = (
            self.task.deadline if self.task and self.phase in ("calling", "working") else None
        )
        times = [time for time in (self.due, deadline) if time is not None]
        return min(times, default=None)


class Execution(Record):
    account: str
    region: str
    machine: str  # name
    name: str
    definition: str  # key of the text
    role: str
    logging: dict[str, Any] | None = None
    revision: str = ""
    input: str
    started_by: str
    status: str = "RUNNING"
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    started: float
    stopped: float | None = None
    deadline: float | None = None
    redrives: int = 0
    redriven: float | None = None
    redrive_token: str = ""
    events: int = 0  # so many are in the history
    strands: dict[int, Strand] = {}
    next_strand: int = 1

    @property
    def key(self) -> str:
        return self.arn

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("states", f"execution:{self.machine}:{self.name}")

    @property
    def machine_arn(self) -> str:
        return self.place.arn("states", f"stateMachine:{self.machine}")

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def next_time(self) -> float | None:
        """When something happens to it: the next step, its time limit, or that it is forgotten."""
        if self.stopped is not None:
            return self.stopped + KEPT_SECONDS
        times = [strand.next_time for strand in self.strands.values()]
        return min([time for time in (*times, self.deadline) if time is not None], default=None)


class HistoryPage(Record):
    """A part of an execution's history: events as JSON."""

    execution: str
    number: int
    events: list[str] = []

    @property
    def key(self) -> str:
        return page_key(self.execution, self.number)


def page_key(execution: str, number: int) -> str:
    return f"{execution}#{number:05d}"
