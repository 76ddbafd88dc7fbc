"""The sandbox's clock, over its control address on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.clouds.sandbox_control import ask

ADVANCE_SECONDS = 600.0  # everything due happens, in order, before the sandbox answers


@dataclass(frozen=True)
class Reading:
    now: datetime
    speed: float  # sandbox seconds in a second of real time, at least 1


def look(control_url: str) -> Reading:
    return _reading(ask("GET", control_url, "/clock"))


def read(control_url: str) -> datetime:
    return look(control_url).now


def advance(control_url: str, delta: timedelta) -> Reading:
    """Fast-forward; returns when all that was due has happened."""
    body = {"advance": f"PT{int(delta.total_seconds())}S"}
    return _reading(ask("POST", control_url, "/clock", body, timeout=ADVANCE_SECONDS))


def run_at(control_url: str, speed: float) -> Reading:
    return _reading(ask("POST", control_url, "/clock", {"speed": speed}))


def _reading(answer: dict[str, Any]) -> Reading:
    now = datetime.fromisoformat(answer["now"]).astimezone(UTC)
    return Reading(now=now, speed=float(answer.get("speed", 1.0)))
