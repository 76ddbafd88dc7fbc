"""Errors within an execution, as Workflows hands them to `except`."""

from __future__ import annotations

from typing import Any


class WorkflowError(Exception):
    """`payload` is what `except` and the execution's error show; `trail` are the steps that it
    went through and their workflows, the innermost first."""

    def __init__(self, payload: Any) -> None:
        self.payload = payload
        self.step = ""  # of the workflow that it is in
        self.trail: list[tuple[str, str]] = []
        super().__init__(str(payload))

    @classmethod
    def of(cls, tag: str, message: str, **more: Any) -> WorkflowError:
        """By the standard's own tags: KeyError, TypeError, HttpError, …"""
        return cls({"tags": [tag], "message": f"{tag}: {message}", **more})


class BadSource(Exception):
    """A source that Workflows does not deploy."""
