"""Schedules that people pick by name. Each is exact in every cloud's dialect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    label: str
    cron: str


PRESETS = (
    Preset("Every 15 minutes", "*/15 * * * *"),
    Preset("Every hour", "0 * * * *"),
    Preset("Every day at 06:00", "0 6 * * *"),
    Preset("Weekdays at 06:00", "0 6 * * 1-5"),
    Preset("Every Monday at 06:00", "0 6 * * 1"),
    Preset("The 1st of each month at 06:00", "0 6 1 * *"),
)
