"""Errors within an execution, as Workflows hands them to `except`."""

from __future__ import annotations

from typing import Any


class WorkflowError(Exception):
    """`payload` is what `except` and the execution's error show."""

    def __init__(self, payload: Any) -> None:
        self.payload = payload
        super().__init__(str(payload))

    @classmethod
    def of(cls, tag: str, message: str, **more: Any) -> WorkflowError:
        """By the standard's own tags: KeyError, TypeError, HttpError, …"""
        return cls({"tags": [tag], "message": f"{tag}: {message}", **more})


class BadSource(Exception):
    """A source that Workflows does not deploy."""
