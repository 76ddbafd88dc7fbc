"""Triggers of data factories that others made, as specs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from provisioning.contracts import NativeSpec, TriggerSpec, TumblingWindowSpec
from provisioning.schedules import natively
from provisioning.schedules.windows_zones import iana_zone

from ..azure_data_factory.native_text import span

Json = dict[str, Any]


def spec_of(key: str, properties: Json, text: str, now: datetime) -> TriggerSpec:
    """When it fires, as far as that can be read; what waits for events is text."""
    given = properties.get("typeProperties") or {}
    if properties.get("type") == "ScheduleTrigger":
        recurrence = given.get("recurrence") or {}
        zone = iana_zone(str(recurrence.get("timeZone") or "UTC")) or "UTC"
        written = json.dumps(recurrence, separators=(",", ":"), sort_keys=True)
        return natively.read(key, "adf", written, zone, text=text, now=now)
    if properties.get("type") == "TumblingWindowTrigger":
        return _windows(key, given) or NativeSpec(key=key, text=text)
    return NativeSpec(key=key, text=text)


def _windows(key: str, given: Json) -> TumblingWindowSpec | None:
    retries = given.get("retryPolicy") or {}
    try:
        return TumblingWindowSpec(
            key=key,
            frequency=str(given["frequency"]).lower(),  # type: ignore[arg-type]  # it is checked
            interval=given["interval"],
            start=_utc(given["startTime"]),
            end=_utc(given["endTime"]) if given.get("endTime") else None,
            delay_seconds=int(span(str(given.get("delay") or "00:00:00")).total_seconds()),
            max_concurrency=int(given.get("maxConcurrency") or 1),
            retry_count=int(retries.get("count") or 0),
            retry_interval_seconds=int(retries.get("intervalInSeconds") or 30),
        )
    except (ValidationError, ValueError, KeyError, TypeError):  # such as one made of expressions
        return None


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
