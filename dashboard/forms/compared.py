"""What an edit of a live pipeline's schedules changes in the runs of the next thirty days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.forms.triggers import kind_of, to_typed, to_value
from dashboard.models import Pipeline, Trigger
from dashboard.services.pipelines import version_in_cloud
from provisioning import schedules
from provisioning.contracts import TriggerKind
from provisioning.errors import InvalidInput
from provisioning.schedules import Schedule
from provisioning.schedules.comparing import Compared, compare

THIRTY_DAYS = timedelta(days=30)
LISTED = 20


@dataclass(frozen=True)
class Change:
    runs: Compared
    live: bool  # the cloud has the schedules of before; else they were only saved
    zone: str  # in which the runs are told

    @property
    def any(self) -> bool:
        return bool(self.runs.gained.count or self.runs.lost.count)

    @property
    def lists(self) -> list[tuple[str, int, tuple[datetime, ...], int]]:
        """(word, how many, the first of them, how many more)"""
        sides = (("gained", self.runs.gained), ("lost", self.runs.lost))
        return [
            (word, side.count, side.first[:LISTED], max(side.count - LISTED, 0))
            for word, side in sides
            if side.count
        ]


def change_of(
    pipeline: Pipeline | None, typed: Sequence[Mapping[str, str]], now: datetime
) -> Change | None:
    """None for a new pipeline. What is paused in the cloud runs neither before nor after."""
    version = pipeline and (version_in_cloud(pipeline) or pipeline.current_version)
    if not pipeline or not version:
        return None
    paused = set(pipeline.triggers.filter(state=Trigger.State.PAUSED).values_list("key", flat=True))
    old = list(_schedules([to_typed(one) for one in version.triggers], paused))
    new = list(_schedules(typed, paused))
    zone = next((schedule.timezone for schedule in [*new, *old]), "UTC")
    runs = compare(old, new, now, now + THIRTY_DAYS)
    return Change(runs, live=version_in_cloud(pipeline) is not None, zone=zone)


def _schedules(typed: Sequence[Mapping[str, Any]], paused: set[str]) -> Iterator[Schedule]:
    """Those that are right; the others promise nothing."""
    for one in typed:
        if kind_of(one) is not TriggerKind.SCHEDULE or one.get("key") in paused:
            continue
        value, problems = to_value(one)
        try:
            schedule = schedules.check_schedule(
                value["cron"], value["timezone"], value.get("start"), value.get("end")
            )
        except InvalidInput:
            continue
        if not problems:
            yield schedule
