"""What of the engine's state matters to a plan, in one short text to compare."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from provisioning.errors import PlanStale

# When it was written, and by which line of a program, is no part of what a plan is about. Which
# property depends on which resource is rewritten by a refresh that finds nothing.
IGNORED = frozenset({"created", "modified", "sourcePosition", "stackTrace", "propertyDependencies"})
PROVIDER = "pulumi:providers:"
CHANGED = (
    "The engine's state was changed since the plan was made, and by no deployment that Skyclock "
    "knows of."
)


def digest(checkpoint: Path) -> str:
    """Of the resources and of the operations that a crash left; a stack that does not exist
    yet, and one that is empty, are the same."""
    try:
        latest = json.loads(checkpoint.read_text())["checkpoint"]["latest"] or {}
    except FileNotFoundError:
        latest = {}
    matters = {
        key: [_without_times(each) for each in latest.get(key) or ()]
        for key in ("resources", "pending_operations")
    }
    return hashlib.sha256(json.dumps(matters, sort_keys=True).encode()).hexdigest()


def require(expected: str, checkpoint: Path) -> None:
    """Refuse to go on from another state than a plan was made on."""
    if expected and digest(checkpoint) != expected:
        raise PlanStale(CHANGED)


def holds_something(checkpoint: Path) -> bool:
    """Whether it has anything that is in a cloud, or may be: no stack, component or provider."""
    latest = json.loads(checkpoint.read_text())["checkpoint"]["latest"] or {}
    resources = latest.get("resources") or ()
    real = (
        each for each in resources if each.get("custom") and not each["type"].startswith(PROVIDER)
    )
    return bool(latest.get("pending_operations")) or any(real)


def _without_times(entry: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if value and key not in IGNORED}
    if isinstance(inner := kept.get("resource"), dict):  # of a pending operation
        kept["resource"] = _without_times(inner)
    return kept
