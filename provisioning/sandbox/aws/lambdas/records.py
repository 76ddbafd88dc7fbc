"""What Lambda keeps. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.records import Record

LATEST = "$LATEST"
MOST_RETRIES = 2
LONGEST_AGE = 21_600


class Function(Record):
    """`settings` holds the configuration by AWS's names, defaults filled in."""

    account: str
    region: str
    name: str
    settings: dict[str, Any]
    code: str  # hex digest of the zip file
    code_size: int
    revision: str
    modified: float
    tags: dict[str, str] = {}
    statements: list[dict[str, Any]] = []  # of its own policy
    policy_revision: str = ""
    event_config: dict[str, Any] | None = None  # of asynchronous invocations
    event_config_modified: float | None = None
    concurrency: int | None = None  # reserved

    @property
    def key(self) -> str:
        return function_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("lambda", f"function:{self.name}")

    @property
    def role(self) -> str:
        return str(self.settings["Role"])

    @property
    def timeout(self) -> int:
        return int(self.settings["Timeout"])

    @property
    def log_group(self) -> str:
        logging = self.settings.get("LoggingConfig", {})
        return str(logging.get("LogGroup") or f"/aws/lambda/{self.name}")

    @property
    def retries(self) -> int:
        return int((self.event_config or {}).get("MaximumRetryAttempts", MOST_RETRIES))

    @property
    def longest_age(self) -> float:
        return float((self.event_config or {}).get("MaximumEventAgeInSeconds", LONGEST_AGE))

    def destination(self, outcome: str) -> str | None:
        """The ARN for OnSuccess or OnFailure."""
        config = (self.event_config or {}).get("DestinationConfig", {})
        arn = config.get(outcome, {}).get("Destination")
        return str(arn) if arn else None


class Invocation(Record):
    """An event that Lambda has accepted and not done with."""

    id: str  # request id
    number: int  # the order of arrival
    function: str  # key
    payload: str  # JSON
    source: str  # what it came from, for people: "s3://bucket/data/x.csv"
    received: float
    due: float
    attempts: int = 0

    @property
    def key(self) -> str:
        return self.id


def function_key(place: Place, name: str) -> str:
    return f"{place.account}/{place.region}/{name}"
