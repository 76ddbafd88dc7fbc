"""Runs, steps and logs, as a cloud reports them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from provisioning.contracts.kinds import RunStatus, Value


class StepRecord(Value):
    name: str
    kind: str
    status: RunStatus
    cloud_status: str
    started: AwareDatetime | None = None
    finished: AwareDatetime | None = None
    reason: str = ""
    cloud_id: str = ""  # ARN or id of the job behind the step
    attempt: int = 1
    after: tuple[str, ...] = ()  # names of the steps that it waited for: the graph's edges


class RunRecord(Value):
    """One execution as the cloud reports it. `trigger` is a trigger's key, "manual" or ""."""

    cloud_id: str
    status: RunStatus
    cloud_status: str
    started: AwareDatetime
    finished: AwareDatetime | None = None
    trigger: str = ""
    started_by: str = ""
    cause: str = ""  # what set the trigger off, for people: "data/x.csv", "dataset.ready 7f3a"
    parameters: dict[str, str] = {}
    reason: str = ""
    scheduled_for: AwareDatetime | None = None  # the firing that it answers, where that is told


class MissedCause(Value):
    """Why a firing came to nothing, as the cloud's own records have it."""

    code: Literal["permission_denied", "target_throttled", "target_failed", "overlap_skipped"]
    message: str  # a sentence


class RunPage(Value):
    """Newest first. `cursor` None: nothing older."""

    runs: tuple[RunRecord, ...]
    cursor: str | None = None


class LogLine(Value):
    time: AwareDatetime
    text: str


class LogPage(Value):
    """A step's log, oldest line first. `note` says where there is none, and why."""

    lines: tuple[LogLine, ...] = ()
    cursor: str | None = None  # for what comes after; None: this is all there is for now
    note: str = ""


class ParameterSpec(Value):
    """A parameter that *Run now* asks for."""

    name: str
    kind: Literal["string", "integer", "float", "boolean"]
    default: str | None = None
    choices: tuple[str, ...] = ()
