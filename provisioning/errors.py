"""The one tree of errors.

SkyclockError
├── InvalidInput            a person can correct it, at the field it names
│   └── ScheduleRefused     a cloud's scheduler cannot take the schedule exactly
├── NotPossible             the cloud or the state of things forbids it; says why
│   ├── InUse               something else needs it; names what
│   └── PlanStale           what a plan was made on was changed since
├── CloudError              a cloud answered with an error
│   ├── PermissionDenied
│   ├── NotFound
│   ├── AlreadyExists
│   ├── Throttled           (passes by itself)
│   └── CloudAway           (passes by itself)
├── EngineError             the Pulumi engine failed
│   ├── EngineMissing       no engine is ready yet, or none can be had
│   ├── EngineKilled        it was ended from outside, by no fault of its own
│   └── StackLocked
└── CredentialUnreadable    the sealing key does not open what is stored

A room turns foreign errors into these where it meets them. `permanent` tells the
caller whether trying again later can help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field. `field` is a dotted path, "" for the whole.

    `line` is 1-based and given for problems inside a text, such as a JSON definition.
    """

    field: str
    message: str
    code: str = "invalid"
    line: int | None = None


class SkyclockError(Exception):
    """Base of all errors that Skyclock raises on purpose; the text is for people."""

    permanent = True


class InvalidInput(SkyclockError):
    """Input that a person can correct; every problem names its field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in problems))

    @classmethod
    def at(cls, field: str, message: str, code: str = "invalid") -> InvalidInput:
        return cls([Problem(field=field, message=message, code=code)])


class ScheduleRefused(InvalidInput):
    """A schedule that a cloud's scheduler cannot take exactly."""


class NotPossible(SkyclockError):
    """Asked for something that the cloud, or the present state, does not allow."""


class InUse(NotPossible):
    """Cannot go while others need it: `used_by` has their ids and names."""

    def __init__(self, message: str, *, used_by: Sequence[tuple[int, str]]) -> None:
        self.used_by = tuple(used_by)
        super().__init__(message)


class PlanStale(NotPossible):
    """What a plan was made on was changed since; the text says what."""


class CloudError(SkyclockError):
    """A cloud refused. `code` and `message` are the cloud's own words."""

    def __init__(self, message: str, *, code: str = "", operation: str = "") -> None:
        self.code = code
        self.message = message
        self.operation = operation
        super().__init__(message)


class PermissionDenied(CloudError):
    pass


class NotFound(CloudError):
    pass


class AlreadyExists(CloudError):
    pass


class Throttled(CloudError):
    permanent = False


class CloudAway(CloudError):
    permanent = False


class EngineError(SkyclockError):
    pass


class EngineMissing(EngineError):
    permanent = False


class EngineKilled(EngineError):
    permanent = False


class StackLocked(EngineError):
    permanent = False


class CredentialUnreadable(SkyclockError):
    pass
