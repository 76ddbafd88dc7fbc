"""What EventBridge keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.aws.events.schedules import next_firing
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.records import Record

DEFAULT = "default"
MOST_RETRIES = 185
LONGEST_AGE = 86_400


class Bus(Record):
    account: str
    region: str
    name: str
    settings: dict[str, Any] = {}  # description, encryption and the like, by AWS's names
    created: float
    modified: float
    statements: list[dict[str, Any]] = []  # of its own policy
    tags: list[dict[str, str]] = []

    @property
    def key(self) -> str:
        return bus_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("events", f"event-bus/{self.name}")


class Rule(Record):
    """`request` is what the last PutRule said."""

    account: str
    region: str
    bus: str  # name
    name: str
    request: dict[str, Any]
    enabled: bool
    created_by: str  # account
    number: int  # rules of a bus are looked at in the order of their creation
    targets: list[dict[str, Any]] = []
    tags: list[dict[str, str]] = []
    counts_from: float  # a rate counts from here
    done_until: float  # firings up to here are done, or were not to be
    due: float | None = None  # the next firing of a schedule

    @property
    def key(self) -> str:
        return rule_key(self.place, self.bus, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        path = self.name if self.bus == DEFAULT else f"{self.bus}/{self.name}"
        return self.place.arn("events", f"rule/{path}")

    @property
    def pattern(self) -> str | None:
        return self.request.get("EventPattern") or None

    @property
    def schedule(self) -> str | None:
        return self.request.get("ScheduleExpression") or None

    def next_due(self) -> float | None:
        if not self.enabled or self.schedule is None:
            return None
        return next_firing(self.schedule, after=self.done_until, base=self.counts_from)


class Delivery(Record):
    """An event on its way to a target that has not taken it yet."""

    id: str
    rule: str  # key
    target: dict[str, Any]
    event: dict[str, Any]
    accepted: float
    attempts: int = 0
    due: float

    @property
    def key(self) -> str:
        return self.id

    @property
    def retries_allowed(self) -> int:
        return int(self._policy.get("MaximumRetryAttempts", MOST_RETRIES))

    @property
    def ends(self) -> float:
        return self.accepted + float(self._policy.get("MaximumEventAgeInSeconds", LONGEST_AGE))

    @property
    def _policy(self) -> dict[str, Any]:
        found: dict[str, Any] = self.target.get("RetryPolicy") or {}
        return found


class Archive(Record):
    account: str
    region: str
    name: str
    source: str  # ARN of the bus
    description: str | None = None
    pattern: str | None = None
    retention_days: int = 0  # 0: for ever
    created: float
    next_number: int = 1

    @property
    def key(self) -> str:
        return named_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("events", f"archive/{self.name}")


class ArchivedEvent(Record):
    archive: str  # key
    number: int
    time: float  # of the event
    size: int
    event: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.archive}/{self.number:012d}"


class Replay(Record):
    """`position` counts the events that are delivered."""

    account: str
    region: str
    name: str
    description: str | None = None
    source: str  # ARN of the archive
    destination: dict[str, Any]
    since: float
    until: float
    state: str = "STARTING"
    reason: str | None = None
    started: float
    ended: float | None = None
    last_replayed: float | None = None
    position: int = 0
    due: float | None = None

    @property
    def key(self) -> str:
        return named_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("events", f"replay/{self.name}")


def bus_key(place: Place, name: str) -> str:
    return f"{place.account}/{place.region}/{name}"


def rule_key(place: Place, bus: str, name: str) -> str:
    return f"{place.account}/{place.region}/{bus}/{name}"


def named_key(place: Place, name: str) -> str:
    return f"{place.account}/{place.region}/{name}"
