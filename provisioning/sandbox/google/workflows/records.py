"""What Workflows keeps. Times are seconds since the epoch."""

from __future__ import annotations

import json
from typing import Any, Literal

from provisioning.sandbox.google.calls import parent_of
from provisioning.sandbox.google.times import written
from provisioning.sandbox.google.workflows.errors import WorkflowError
from provisioning.sandbox.records import Record

State = Literal["ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED"]


class Workflow(Record):
    """`wish` is what its owner said, the name apart."""

    name: str
    wish: dict[str, Any]
    created: float
    changed: float
    revised: float
    revision: int = 1

    @property
    def key(self) -> str:
        return self.name

    @property
    def account(self) -> str:
        """The address of whom executions act as."""
        return str(self.wish["serviceAccount"]).rpartition("/")[2]

    @property
    def revision_id(self) -> str:
        return f"{self.revision:06}-{int(self.revised * 1000) % 4096:03x}"

    def described(self) -> dict[str, Any]:
        return {
            **self.wish,
            "name": self.name,
            "state": "ACTIVE",
            "createTime": written(self.created),
            "updateTime": written(self.changed),
            "revisionId": self.revision_id,
            "revisionCreateTime": written(self.revised),
        }


class Execution(Record):
    """`past` is what its calls came to so far, in their order: it is carried out by them again
    when it goes on after waiting."""

    name: str
    event: str = ""  # the event that started it, where one did
    source: str
    account: str
    environment: dict[str, str] = {}
    revision: str
    argument: str = "null"
    labels: dict[str, str] = {}
    created: float
    started: float
    due: float | None
    ended: float | None = None
    state: State = "ACTIVE"
    result: str = ""
    error: dict[str, Any] | None = None
    past: list[dict[str, Any]] = []

    @property
    def key(self) -> str:
        return self.name

    @property
    def workflow(self) -> str:
        return parent_of(self.name)

    def described(self, view: str = "BASIC") -> dict[str, Any]:
        answer: dict[str, Any] = {
            "name": self.name,
            "createTime": written(self.created),
            "startTime": written(self.started),
            "state": self.state,
            "workflowRevisionId": self.revision,
        }
        if self.labels:
            answer["labels"] = self.labels
        if self.ended is not None:
            answer["endTime"] = written(self.ended)
            answer["duration"] = f"{round(self.ended - self.started, 6)}s"
        if view != "FULL":
            return answer
        answer["argument"] = self.argument
        if self.state == "SUCCEEDED":
            answer["result"] = self.result
        return {**answer, "error": self.error} if self.error else answer


def error_of(error: WorkflowError) -> dict[str, Any]:
    """An execution's error, as its API shows it."""
    payload = error.payload
    text = payload if isinstance(payload, str) else json.dumps(payload)
    said = payload.get("message", text) if isinstance(payload, dict) else text
    trail = [f'in step "{step}", routine "{workflow}"' for step, workflow in error.trail]
    elements = [{"step": step, "routine": workflow} for step, workflow in error.trail]
    return {
        "payload": text,
        "context": "\n".join([str(said), *trail]),
        "stackTrace": {"elements": elements},
    }
