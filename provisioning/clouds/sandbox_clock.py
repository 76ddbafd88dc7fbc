"""The sandbox's clock, over its control address on loopback."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from provisioning.errors import CloudAway, CloudError

READ_SECONDS = 5.0
ADVANCE_SECONDS = 600.0  # everything due happens, in order, before the sandbox answers


def read(control_url: str) -> datetime:
    return _now(_ask("GET", control_url, None, READ_SECONDS))


def advance(control_url: str, delta: timedelta) -> datetime:
    """Fast-forward; returns the new time when all that was due has happened."""
    body = {"advance": f"PT{int(delta.total_seconds())}S"}
    return _now(_ask("POST", control_url, body, ADVANCE_SECONDS))


def _now(answer: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(answer["now"]).astimezone(UTC)


def _ask(
    method: str, control_url: str, body: dict[str, str] | None, timeout: float
) -> dict[str, Any]:
    # Not urllib: it would send loopback calls through a proxy that the environment names.
    url = urlsplit(control_url)
    connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=timeout)
    headers = {"Content-Type": "application/json"}
    try:
        connection.request(method, "/clock", json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, HTTPException) as error:
        raise CloudAway(f"The sandbox does not answer: {error}", operation="clock") from error
    finally:
        connection.close()
    if response.status != 200:
        message = f"The sandbox's clock answered {response.status}: {text[:500]}"
        raise CloudError(message, code=str(response.status), operation="clock")
    answer: dict[str, Any] = json.loads(text)
    return answer
