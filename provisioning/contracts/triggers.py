"""What starts runs, as a Version has it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from provisioning.contracts.kinds import TriggerKind, Value


class _Trigger(Value):
    key: str  # stable name of the trigger within its Pipeline, e.g. "t1"
    paused: bool = False


class _Timed(_Trigger):
    """`grace_minutes`: a start that has no run by then is missed; None as Skyclock has it. The
    cloud does not hear of it."""

    grace_minutes: int | None = Field(default=None, ge=2, le=1440)


class ScheduleSpec(_Timed):
    """Five-field cron in an IANA zone.

    `accept_clock_changes` is a person's yes to what the cloud does otherwise than cron when the
    zone's clock changes; `accepted` says what that was when it was saved.
    """

    kind: Literal[TriggerKind.SCHEDULE] = TriggerKind.SCHEDULE
    cron: str
    timezone: str
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    accept_clock_changes: bool = False
    accepted: str = ""


class TumblingWindowSpec(_Timed):
    """Windows that follow each other without a gap from `start` on, each run once, also those
    that lie in the past: Data Factory's kind, where a run knows its window."""

    kind: Literal[TriggerKind.TUMBLING_WINDOW] = TriggerKind.TUMBLING_WINDOW
    frequency: Literal["minute", "hour", "month"]
    interval: int = Field(ge=1, le=1000)
    start: AwareDatetime
    end: AwareDatetime | None = None
    delay_seconds: int = Field(default=0, ge=0)
    max_concurrency: int = Field(default=1, ge=1, le=50)
    retry_count: int = Field(default=0, ge=0)
    retry_interval_seconds: int = Field(default=30, ge=30)


class ObjectCreatedSpec(_Trigger):
    """An object lands in the Pipeline's own bucket or container."""

    kind: Literal[TriggerKind.OBJECT_CREATED] = TriggerKind.OBJECT_CREATED
    prefix: str = Field(default="", max_length=512)
    suffix: str = Field(default="", max_length=512)


class EventSpec(_Trigger):
    """An event on the cloud's bus or topic, by its source, its types (any of them) and parts of
    its detail, written as the cloud's own pattern."""

    kind: Literal[TriggerKind.EVENT] = TriggerKind.EVENT
    source: str = Field(min_length=1, max_length=256)
    types: tuple[str, ...] = Field(min_length=1, max_length=20)
    detail: dict[str, Any] | None = None


class CompletionSpec(_Trigger):
    """A run of another Pipeline ended so. Fired by Skyclock, across clouds."""

    kind: Literal[TriggerKind.COMPLETION] = TriggerKind.COMPLETION
    pipeline: int  # its id
    on: Literal["succeeded", "failed"] = "succeeded"
    parameters: dict[str, str] = {}  # of the run that it starts; the others have their defaults


class WebhookSpec(_Trigger):
    """Somebody calls the Pipeline's signed address. Fired by Skyclock."""

    kind: Literal[TriggerKind.WEBHOOK] = TriggerKind.WEBHOOK


class NativeSpec(_Timed):
    """A trigger of a watched Pipeline in the cloud's own words. With a `dialect` it is a schedule
    whose `expression` can be read, so that its firings are known; without, they are not, or it
    waits for something that happens."""

    kind: Literal[TriggerKind.NATIVE] = TriggerKind.NATIVE
    text: str  # for people, as the cloud's console writes it
    dialect: Literal["eventbridge", "adf", "gcp", ""] = ""
    expression: str = ""
    timezone: str = "UTC"
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


TriggerSpec = Annotated[
    ScheduleSpec
    | TumblingWindowSpec
    | ObjectCreatedSpec
    | EventSpec
    | CompletionSpec
    | WebhookSpec
    | NativeSpec,
    Field(discriminator="kind"),
]
SPECS: dict[TriggerKind, type[_Trigger]] = {
    TriggerKind.SCHEDULE: ScheduleSpec,
    TriggerKind.TUMBLING_WINDOW: TumblingWindowSpec,
    TriggerKind.OBJECT_CREATED: ObjectCreatedSpec,
    TriggerKind.EVENT: EventSpec,
    TriggerKind.COMPLETION: CompletionSpec,
    TriggerKind.WEBHOOK: WebhookSpec,
    TriggerKind.NATIVE: NativeSpec,
}
