"""Calls of Resource Manager as azure-native makes them: by the id of a resource."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlsplit

from provisioning.sandbox.provider.rest_cloud import RestAnswer, RestCloud, RestRefused

_PREFIX = "/arm"


def get(cloud: RestCloud, id: str, *, version: str) -> dict[str, Any] | None:
    """None when there is no such resource."""
    found = cloud.find(_path(id), query={"api-version": version})
    return dict(found) if found is not None else None


def put(cloud: RestCloud, id: str, body: dict[str, Any], *, version: str) -> None:
    """Return when it is provisioned."""
    answer = cloud.exchange("PUT", _path(id), body, query={"api-version": version})
    _wait(cloud, answer)


def delete(cloud: RestCloud, id: str, *, version: str) -> None:
    """That it is gone already is success."""
    try:
        answer = cloud.exchange("DELETE", _path(id), query={"api-version": version})
    except RestRefused as refused:
        if refused.status != 404:
            raise
        return
    _wait(cloud, answer)


def post(cloud: RestCloud, id: str, body: Any = None, *, version: str) -> dict[str, Any]:
    return dict(cloud.call("POST", _path(id), body, query={"api-version": version}))


def _wait(cloud: RestCloud, answer: RestAnswer) -> None:
    """Follow a long-running operation to its end; the address to ask is in the headers."""
    status = answer.headers.get("Azure-AsyncOperation", "")
    location = answer.headers.get("Location", "")
    while (status or location) and not _ended(answer, by_status=bool(status)):
        # Also after a cancel: the step is under way.
        time.sleep(float(answer.headers.get("Retry-After", 1)))
        answer = cloud.exchange("GET", _within(status or location))


def _ended(answer: RestAnswer, *, by_status: bool) -> bool:
    if by_status and "status" in answer.body:
        return bool(answer.body["status"] != "InProgress")
    return answer.status not in (201, 202)


def _within(address: str) -> str:
    """The address without its host: the sandbox is where it was."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _path(id: str) -> str:
    return _PREFIX + quote(id, safe="/-._~$:@!()'")
