"""Pages of a list, as AWS gives them: a limit and an opaque token, by each service's names."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.services import Call


def page(
    call: Call,
    items: Sequence[Any],
    *,
    result: str,
    default: int,
    limit: str = "MaxResults",
    position: str = "NextToken",
    next_position: str = "NextToken",
) -> dict[str, Any]:
    """The page that a call asks for, under the name `result`."""
    start = _position(call.get(position))
    end = start + int(call.get(limit, default))
    answer: dict[str, Any] = {result: list(items[start:end])}
    if end < len(items):
        answer[next_position] = base64.urlsafe_b64encode(f"at:{end}".encode()).decode()
    return answer


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        kind, _, position = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if kind == "at":
            return int(position)
    except (ValueError, binascii.Error):
        pass
    raise validation("The token in the request is invalid.")
