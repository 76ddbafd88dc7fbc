"""Lines as they go over the wire: JSON without names, since there may be many.

A line is [number, milliseconds since 1970, level, text] and, if it is about a resource, its URN.
Zones are the browser's matter, so that the same bytes serve everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dashboard.models import DeploymentLine


def line_values(lines: Iterable[DeploymentLine]) -> list[list[Any]]:
    return [_values(line) for line in lines]


def _values(line: DeploymentLine) -> list[Any]:
    values = [line.n, round(line.time.timestamp() * 1000), line.level, line.text]
    return [*values, line.resource] if line.resource else values


def lines_json(lines: Iterable[DeploymentLine]) -> bytes:
    return json.dumps(line_values(lines), ensure_ascii=False, separators=(",", ":")).encode()


def lines_event(lines: bytes, *, last: int) -> bytes:
    """`lines` is JSON, which has no line break in it: one field of data."""
    return b"event: line\nid: %d\ndata: %b\n\n" % (last, lines)


def event(name: str, data: str) -> bytes:
    # A carriage return ends a line of the stream as well.
    rows = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "\n".join(f"data: {row}" for row in rows)
    return f"event: {name}\n{body}\n\n".encode()
