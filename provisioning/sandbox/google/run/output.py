"""What a container writes, line by line, as Cloud Run hands it to Cloud Logging.
https://cloud.google.com/run/docs/logging#container-logs"""

from __future__ import annotations

import json
from typing import Any

from provisioning.sandbox.google.filters import SEVERITIES

_SPECIAL = {
    "logging.googleapis.com/trace": "trace",
    "logging.googleapis.com/spanId": "spanId",
    "logging.googleapis.com/labels": "labels",
    "logging.googleapis.com/sourceLocation": "sourceLocation",
    "logging.googleapis.com/operation": "operation",
    "logging.googleapis.com/insertId": "insertId",
    "httpRequest": "httpRequest",
}


def entry_of(line: str) -> dict[str, Any]:
    """A line of JSON is structured; any other is a text. Known fields move to their places."""
    payload = _object(line)
    if payload is None:
        return {"textPayload": line}
    entry: dict[str, Any] = {}
    severity = str(payload.pop("severity", "DEFAULT")).upper()
    if severity in SEVERITIES and severity != "DEFAULT":
        entry["severity"] = severity
    for name, place in _SPECIAL.items():
        if name in payload:
            entry[place] = payload.pop(name)
    if set(payload) == {"message"} and isinstance(payload["message"], str):
        return {**entry, "textPayload": payload["message"]}
    return {**entry, "jsonPayload": payload}


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
