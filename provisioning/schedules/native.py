"""A schedule in one cloud's dialect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from provisioning.errors import Problem, ScheduleRefused
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
    field: str = "cron"  # what a person has to change
    note: str = ""  # under what condition it holds
    told: str = ""  # the difference at clock changes alone, without the ways out
    split: Translation | None = None  # another one with more natives, which never overlap


def usable(found: Translation, *, accept_dst: bool) -> NativeSchedules:
    """The native schedules where they fire exactly as cron does, else ScheduleRefused.

    `accept_dst` is a person's yes to what happens when the zone's clock changes.
    """
    if found.natives and found.status is Status.EXACT:
        return found.natives
    if found.natives and found.status is Status.EXCEPT_DST and accept_dst:
        return replace(found.natives, accepted=found.told)
    if found.split:
        return usable(found.split, accept_dst=accept_dst)
    raise ScheduleRefused([Problem(field=found.field, message=found.reason, code=found.code)])
