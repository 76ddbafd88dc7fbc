"""What Step Functions says about a definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"


@dataclass(frozen=True)
class Diagnostic:
    """`missing` marks what AWS would take and only the sandbox does not have."""

    severity: Literal["ERROR", "WARNING"]
    code: str
    message: str
    location: str = ""
    missing: bool = False

    def __str__(self) -> str:
        at = f" at {self.location}" if self.location else ""
        return f"{self.code}: {self.message}{at}"


def wrong(message: str, location: str = "", code: str = SCHEMA) -> Diagnostic:
    return Diagnostic("ERROR", code, message, location)


def missing(message: str, location: str) -> Diagnostic:
    return Diagnostic("ERROR", SCHEMA, message, location, missing=True)


def objects(value: Any) -> list[dict[str, Any]]:
    """Those in a list; none where it is no list."""
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, dict)]


def positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
