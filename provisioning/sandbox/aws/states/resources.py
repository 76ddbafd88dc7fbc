"""The Resource of a Task state: which service it calls, how, and whether it waits."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_SERVICE = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:(?:\d{12})?:(?P<service>aws-sdk:[a-z0-9]+|[a-z0-9-]+):"
    r"(?P<operation>[A-Za-z0-9]+)(?P<pattern>\.sync:2|\.sync|\.waitForTaskToken)?"
)


@dataclass(frozen=True)
class Resource:
    """`kind` is what histories call resourceType: "sagemaker", "aws-sdk:s3"; "" for a function
    named by its ARN. `pattern` is "", ".sync", ".sync:2" or ".waitForTaskToken"."""

    arn: str
    kind: str
    operation: str
    pattern: str = ""

    @property
    def name(self) -> str:
        """ "createTrainingJob.sync": what histories call resource."""
        return f"{self.operation}{self.pattern}" if self.kind else self.arn

    @property
    def waits(self) -> bool:
        return bool(self.pattern)


def read_resource(arn: str) -> Resource | None:
    """None for what is no resource that a Task can have."""
    if _FUNCTION.fullmatch(arn):
        return Resource(arn=arn, kind="", operation="")
    found = _SERVICE.fullmatch(arn)
    if not found or found["service"] == "activity":
        return None
    return Resource(
        arn=arn,
        kind=found["service"],
        operation=found["operation"],
        pattern=found["pattern"] or "",
    )
