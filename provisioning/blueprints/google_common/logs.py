"""Log entries of Cloud Logging, a page at a time.

A filter without a time would be taken as "of the last day": always give one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import LogLine, LogPage

from .times import utc

PAGE = 1000
RETRIES = 3  # a list that is asked for by POST
NO_LINES = "Cloud Logging has no lines of it: nothing was written yet, or the time to keep them "
NO_LINES += "ended."


def entries(
    session: Session, project: str, filter: str, *, newest_first: bool, operation: str
) -> Iterator[dict[str, Any]]:
    token: str | None = None
    while True:
        answer = _page(session, project, filter, token, newest_first, operation)
        yield from answer.get("entries", ())
        token = answer.get("nextPageToken")
        if not token:
            return


def page(session: Session, project: str, filter: str, *, cursor: str | None) -> LogPage:
    """Oldest first."""
    answer = _page(session, project, filter, cursor, False, "read the log")
    lines = tuple(map(line, answer.get("entries", ())))
    token = answer.get("nextPageToken") or None
    return LogPage(lines=lines, cursor=token, note="" if lines or cursor or token else NO_LINES)


def line(entry: Mapping[str, Any]) -> LogLine:
    return LogLine(time=utc(str(entry["timestamp"])), text=_text(entry))


def _text(entry: Mapping[str, Any]) -> str:
    if "textPayload" in entry:
        return str(entry["textPayload"]).rstrip("\n")
    if "jsonPayload" in entry:
        payload = dict(entry["jsonPayload"])
        message = str(payload.pop("message", ""))
        rest = json.dumps(payload, sort_keys=True) if payload else ""
        return f"{message} {rest}".strip()
    request = entry.get("httpRequest", {})
    return f"{request.get('requestMethod', '')} {request.get('status', '')}".strip()


def _page(
    session: Session,
    project: str,
    filter: str,
    token: str | None,
    newest_first: bool,
    operation: str,
) -> dict[str, Any]:
    body = {
        "resourceNames": [f"projects/{project}"],
        "filter": filter,
        "orderBy": "timestamp desc" if newest_first else "timestamp asc",
        "pageSize": PAGE,
        **({"pageToken": token} if token else {}),
    }
    with cloud_errors(operation):
        call = session.client("logging").entries().list(body=body)
        answer: dict[str, Any] = call.execute(num_retries=RETRIES)
        return answer
