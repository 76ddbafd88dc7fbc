"""Calls by google-api-python-client: lists page by page, and what is not there as None; and how
long calls to Cloud Storage may take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.errors import NotFound

STORAGE_SECONDS = 20  # for one answer


def patient(storage: Any) -> dict[str, Any]:
    """What every call to Cloud Storage takes along."""
    return {"timeout": STORAGE_SECONDS, "retry": storage.patience}


def pages(collection: Any, key: str, operation: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Every item of a list, asked for as far as somebody looks."""
    token = ""
    while True:
        more = {"pageToken": token} if token else {}
        with cloud_errors(operation):
            answer = collection.list(**asked, **more).execute()
        yield from answer.get(key, ())
        token = answer.get("nextPageToken", "")
        if not token:
            return


def found(call: Any, operation: str) -> dict[str, Any] | None:
    """The answer of a get, None where there is no such thing."""
    try:
        with cloud_errors(operation):
            answer: dict[str, Any] = call.execute()
            return answer
    except NotFound:
        return None
