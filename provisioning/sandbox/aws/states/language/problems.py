"""Errors as the Amazon States Language names them."""

from __future__ import annotations

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"


class StateFailed(Exception):
    """A state ends with an error: AWS's name for it, and what it says about the cause."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


class EvaluationFailed(StateFailed):
    """What a state says cannot be computed; the cause wants to be told with the state's name."""


def runtime(cause: str) -> EvaluationFailed:
    """An error that no Retry and no Catch can take."""
    return EvaluationFailed(RUNTIME, cause)
