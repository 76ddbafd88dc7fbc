"""What is kept of runs. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from provisioning.sandbox.records import Record

RunStatus = Literal["Queued", "InProgress", "Succeeded", "Failed", "Canceling", "Cancelled"]
ActivityStatus = Literal[
    "Queued", "InProgress", "Succeeded", "Failed", "Cancelled", "TimedOut", "Skipped"
]
FINAL_RUN = ("Succeeded", "Failed", "Cancelled")


class Definition(Record):
    """What a pipeline was when runs of it began."""

    digest: str
    properties: dict[str, Any]

    @property
    def key(self) -> str:
        return self.digest


class Failure(BaseModel):
    code: str
    message: str
    type: Literal["UserError", "SystemError"] = "UserError"


class InvokedBy(BaseModel):
    id: str
    name: str
    type: str  # "Manual", "ScheduleTrigger", "PipelineActivity", …
    pipeline: str = ""
    run: str = ""  # of the calling pipeline


class PipelineRun(Record):
    id: str
    factory: str  # its resource's id
    pipeline: str  # name
    group: str  # all recoveries of one run are in one group
    latest: bool = True  # of its group
    definition: str
    parameters: dict[str, Any]
    variables: dict[str, Any] = {}
    returned: dict[str, Any] = {}  # what it hands to the pipeline that called it
    invoked_by: InvokedBy
    cause: dict[str, Any] = {}  # what `trigger()` says
    body: Any = None  # what `triggerBody()` says
    dimensions: dict[str, str] = {}
    caller: str = ""  # the activity run that waits for it
    watcher: str = ""  # the trigger run that wants to know how it ends
    status: RunStatus = "Queued"
    begun: float  # when it was asked for
    due: float | None = None  # when it leaves the queue
    ended: float | None = None
    updated: float
    message: str = ""

    @property
    def key(self) -> str:
        return self.id

    @property
    def final(self) -> bool:
        return self.status in FINAL_RUN


class LoopItems(Record):
    """What a ForEach goes through; apart, because it may be long."""

    activity: str
    items: list[Any]

    @property
    def key(self) -> str:
        return self.activity


class ActivityRun(Record):
    """One attempt at one activity, in one scope of a run."""

    id: str
    run: str
    scope: str  # "" of the pipeline, "Each#3" of an iteration, "Each#3/Check#true" inside of that
    name: str
    type: str
    attempt: int = 0
    status: ActivityStatus = "Queued"
    begun: float
    ended: float | None = None
    updated: float
    due: float | None = None  # when something happens to it next
    deadline: float | None = None
    outside: bool = False  # a call that takes real time is under way
    input: dict[str, Any] = {}
    output: dict[str, Any] = {}
    failure: Failure | None = None
    memory: dict[str, Any] = {}  # what its type remembers from one step to the next
    carried: bool = False  # taken over from an earlier run of its group

    @property
    def key(self) -> str:
        return self.id

    @property
    def final(self) -> bool:
        return self.status not in ("Queued", "InProgress")

    @property
    def inner(self) -> str:
        """The beginning of the names of the scopes inside of it."""
        return f"{self.scope}/{self.name}#" if self.scope else f"{self.name}#"
