"""One schedule in each cloud's own dialect."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone as clock
from ninja import Router, Schema
from pydantic import ConfigDict, Field, Strict

from dashboard.api.auth import caller
from dashboard.api.values import Body, Moment
from provisioning.schedules import Dialect, Question, answer

router = Router(tags=["schedules"])

MOST = 10_000  # runs in one answer


class ScheduleQuestion(Body):
    """Five-field cron in an IANA zone. Runs are listed, and native schedules count, from `from`
    on: now, where it is not given."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    cron: str
    timezone: str = "UTC"
    dialect: Dialect
    start: Moment | None = None
    end: Moment | None = None
    count: Annotated[int, Strict(), Field(ge=1, le=MOST)] = 10
    since: Moment | None = Field(default=None, alias="from")

    def asked(self, now: datetime) -> Question:
        return Question(
            cron=self.cron,
            timezone=self.timezone,
            dialect=self.dialect,
            since=self.since or now,
            start=self.start,
            end=self.end,
            count=self.count,
        )


class ReasonOut(Schema):
    """`first_difference` is the first instant that would be wrong, where there is one."""

    code: str
    message: str
    first_difference: datetime | None


class ClockChangeOut(Schema):
    """A change of the zone's clock at `at` that skips (`gap`) or repeats (`fold`) the local times
    from `from` to `to`; `time` is the first of them at which the schedule runs. `same`: the
    cloud does what cron does."""

    at: datetime
    date: str
    kind: Literal["gap", "fold"]
    time: str
    since: str = Field(alias="from")
    to: str
    cron: str
    cloud: str
    same: bool


class AlternativeOut(Schema):
    """A near schedule that this cloud takes exactly."""

    cron: str
    timezone: str
    start: datetime | None
    end: datetime | None
    sentence: str
    why: str


class SplitOut(Schema):
    """Another way to say it, with more native schedules, of which never two fire at once."""

    status: str
    count: int
    native: list[dict[str, Any]]
    reason: ReasonOut | None


class AnswerOut(Schema):
    """`native` is what the cloud would be given, in its own words, also where it is not exact;
    `next` are the instants that cron means."""

    status: Literal[
        "exact", "exact-except-dst", "split-overlap", "split-overlap-except-dst", "refuse"
    ]
    native: list[dict[str, Any]]
    next: list[datetime]
    reason: ReasonOut | None
    clock_changes: list[ClockChangeOut]
    alternatives: list[AlternativeOut]
    split: SplitOut | None
    tumbling_window: dict[str, Any] | None
    sentence: str
    notes: list[str]


@router.post("/schedules/translate", response=AnswerOut, by_alias=True)
def translate_schedule(request: HttpRequest, payload: ScheduleQuestion) -> dict[str, Any]:
    """Say a schedule in one cloud's dialect, exactly or not at all.

    A schedule that cannot be said is an answer too: `refuse`, with the reason and the nearest
    schedules that would be exact."""
    caller(request)
    return answer(payload.asked(clock.now()))
