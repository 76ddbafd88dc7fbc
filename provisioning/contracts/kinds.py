"""The words that all the values share: clouds, levels, kinds and states."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cloud(StrEnum):
    AWS = "aws"
    AZURE = "azure"
    GOOGLE = "google"


class Level(StrEnum):
    """What a Connection may be used for; each includes the ones before it."""

    OBSERVE = "observe"
    RUN = "run"
    DEPLOY = "deploy"


class TriggerKind(StrEnum):
    """What starts runs. The clouds fire the first four; the next two are Skyclock's own. *Native*
    is what a watched Pipeline has and none of the others says, in the cloud's own words."""

    SCHEDULE = "schedule"
    TUMBLING_WINDOW = "tumbling_window"
    OBJECT_CREATED = "object_created"
    EVENT = "event"
    COMPLETION = "completion"
    WEBHOOK = "webhook"
    NATIVE = "native"

    @property
    def own(self) -> bool:
        """Fired by Skyclock, so that every Blueprint has it and none hears of it."""
        return self in (TriggerKind.COMPLETION, TriggerKind.WEBHOOK)


class Operation(StrEnum):
    """`check` looks for drift as a refresh does, and changes nothing, not even the state."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    DESTROY = "destroy"
    CHECK = "check"


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def final(self) -> bool:
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.STOPPED)


class TriggerState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    MISSING = "missing"
    UNKNOWN = "unknown"
