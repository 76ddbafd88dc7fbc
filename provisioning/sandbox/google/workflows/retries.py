"""Retries of a `try`: which errors are tried again, how often, and after which pauses.
https://cloud.google.com/workflows/docs/reference/syntax/retrying"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.google.workflows.errors import WorkflowError

_BACKOFF = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
_PASSING = "http.default_retry_predicate"
_REFUSED = "http.default_retry_predicate_non_idempotent"
_CODES = {_PASSING: (429, 502, 503, 504), _REFUSED: (429, 503)}
CONSTANTS: dict[str, Any] = {
    _PASSING: _PASSING,
    _REFUSED: _REFUSED,
    "http.default_retry": {"predicate": _PASSING, "max_retries": 5, "backoff": _BACKOFF},
    "http.default_retry_non_idempotent": {
        "predicate": _REFUSED, "max_retries": 5, "backoff": _BACKOFF,
    },
}  # fmt: skip


def pauses(retry: Any) -> Iterator[float]:
    """One before each try but the first."""
    if not retry:
        return
    if not isinstance(retry, Mapping):
        raise WorkflowError.of("TypeError", "retry takes a policy: ${http.default_retry}")
    backoff = {**_BACKOFF, **(retry.get("backoff") or {})}
    pause = number(backoff["initial_delay"], "initial_delay")
    for _ in range(int(number(retry.get("max_retries", 5), "max_retries"))):
        yield min(pause, number(backoff["max_delay"], "max_delay"))
        pause *= number(backoff["multiplier"], "multiplier")


def known(predicate: Any, payload: Any) -> bool | None:
    """Whether a predicate of the library holds for an error; None for a workflow's own. Without
    a predicate every error is tried again."""
    if predicate is None:
        return True
    if predicate not in _CODES:
        return None
    told = payload if isinstance(payload, Mapping) else {}
    lost = {"ConnectionError", "TimeoutError"} & set(told.get("tags", ()))
    return told.get("code") in _CODES[predicate] or bool(lost)


def number(value: Any, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WorkflowError.of("TypeError", f"{name} must be a number")
    return float(value)
