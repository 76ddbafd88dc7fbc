"""A schedule in one cloud's dialect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from provisioning.schedules.proof import Difference


class Status(Enum):
    """How well a dialect can say what cron says."""

    EXACT = "exact"
    EXCEPT_DST = "exact-except-dst"  # differs where a clock changes, nowhere else
    OVERLAP = "split-overlap"  # needs schedules that sometimes fire together
    OVERLAP_EXCEPT_DST = "split-overlap-except-dst"
    REFUSED = "refuse"


@dataclass(frozen=True)
class NativeSchedules:
    """What to create in the cloud: one native schedule per expression, all in this zone and
    window. `start` and `end` are as the dialect takes them."""

    dialect: str
    expressions: tuple[str, ...]
    timezone: str
    start: datetime | None = None
    end: datetime | None = None
    accepted: str = ""  # the difference at clock changes that a person said yes to


@dataclass(frozen=True)
class Translation:
    """All that translating found out, whether it may be used or not."""

    status: Status
    natives: NativeSchedules | None
    code: str = ""
    reason: str = ""
    difference: Difference | None = None  # the first, by which the reason is proved
