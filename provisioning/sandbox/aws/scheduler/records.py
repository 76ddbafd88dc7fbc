"""What EventBridge Scheduler keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.aws.scheduler.expressions import parse_expression
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.records import Record

MOST_RETRIES = 185
LONGEST_AGE = 86_400


class Group(Record):
    account: str
    region: str
    name: str
    created: float
    modified: float
    tags: list[dict[str, str]] = []
    token: str | None = None

    @property
    def key(self) -> str:
        return group_key(Place(self.account, self.region), self.name)

    @property
    def arn(self) -> str:
        place = Place(self.account, self.region)
        return place.arn("scheduler", f"schedule-group/{self.name}")


class Schedule(Record):
    """`request` is what CreateSchedule or the last UpdateSchedule said, as it was said."""

    account: str
    region: str
    group: str
    name: str
    request: dict[str, Any]
    created: float
    modified: float
    counts_from: float  # a rate counts from here
    done_until: float  # firings up to here are done, or were not to be
    due: float | None = None  # the next firing
    token: str | None = None

    @property
    def key(self) -> str:
        return schedule_key(Place(self.account, self.region), self.group, self.name)

    @property
    def arn(self) -> str:
        place = Place(self.account, self.region)
        return place.arn("scheduler", f"schedule/{self.group}/{self.name}")

    @property
    def enabled(self) -> bool:
        return bool(self.request.get("State", "ENABLED") == "ENABLED")

    @property
    def timezone(self) -> str:
        return str(self.request.get("ScheduleExpressionTimezone") or "UTC")

    def next_due(self) -> float | None:
        """The first firing after `done_until`, by expression, start and end."""
        if not self.enabled:
            return None
        expression = parse_expression(self.request["ScheduleExpression"], self.timezone)
        if expression.one_time:  # start and end do not apply
            return expression.next_after(self.done_until, base=self.counts_from)
        start = self.request.get("StartDate")
        after = self.done_until if start is None else max(self.done_until, start - 0.001)
        due = expression.next_after(after, base=self.counts_from if start is None else start)
        end = self.request.get("EndDate")
        return None if due is None or (end is not None and due > end) else due


class Delivery(Record):
    """A firing that has not reached its target yet."""

    schedule: str  # key
    schedule_arn: str
    target: dict[str, Any]
    execution: str  # AWS's execution id
    scheduled: float
    attempts: int = 0
    due: float

    @property
    def path(self) -> str:
        """ "schedule/default/nightly": its name in the journal."""
        return self.schedule_arn.split(":", 5)[5]

    @property
    def key(self) -> str:
        return f"{self.schedule_arn}#{self.execution}"

    @property
    def retries_allowed(self) -> int:
        policy = self.target.get("RetryPolicy", {})
        return int(policy.get("MaximumRetryAttempts", MOST_RETRIES))

    @property
    def ends(self) -> float:
        policy = self.target.get("RetryPolicy", {})
        return self.scheduled + float(policy.get("MaximumEventAgeInSeconds", LONGEST_AGE))


def group_key(place: Place, name: str) -> str:
    return f"{place.account}/{place.region}/{name}"


def schedule_key(place: Place, group: str, name: str) -> str:
    return f"{place.account}/{place.region}/{group}/{name}"
