"""Why something failed, in the words of what failed: Step Functions' cause is often JSON."""

from __future__ import annotations

import json
from typing import Any


def reason(error: str, cause: str) -> str:
    """ "SageMaker.ResourceLimitExceededException: The account-level service limit …"."""
    told = _told(cause)
    if told:
        return told
    # A task that failed says nothing by its name.
    plain = error in ("", "States.TaskFailed")
    return cause if plain and cause else ": ".join(part for part in (error, cause) if part)


def _told(cause: str) -> str:
    """Of a job its FailureReason, of a function what it raised, of another machine its cause."""
    try:
        found: Any = json.loads(cause)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    if failed := found.get("FailureReason"):
        return str(failed)
    if raised := found.get("errorMessage"):
        return f"{found.get('errorType', 'Error')}: {raised}"
    if "Cause" in found or "Error" in found:
        return reason(str(found.get("Error") or ""), str(found.get("Cause") or ""))
    return ""
