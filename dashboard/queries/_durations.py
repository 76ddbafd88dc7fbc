"""How long operations like this one took before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from dashboard.models import Deployment

LOOKED_AT = 10


@dataclass(frozen=True)
class Durations:
    """Seconds; of all, and of each phase by its name. Empty where none like it was."""

    total: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)


NOT_KNOWN = Durations()


def usual_durations(deployment: Deployment) -> Durations:
    """The median of the last ones of the same operation on this Pipeline that succeeded. Those
    that waited for people say nothing about the next."""
    rows = Deployment.objects.filter(
        pipeline=deployment.pipeline_id,
        operation=deployment.operation,
        status=Deployment.Status.SUCCEEDED,
        needs_approval=False,
    )
    found = rows.order_by("-id").values_list("started_at", "finished_at", "phases")[:LOOKED_AT]
    totals: list[float] = []
    parts: defaultdict[str, list[float]] = defaultdict(list)
    for started, finished, phases in found:
        if started and finished:
            totals.append((finished - started).total_seconds())
        for one in phases:
            if one["state"] == "finished" and one["finished"]:
                parts[one["phase"]].append(_seconds(one["started"], one["finished"]))
    if not totals:
        return NOT_KNOWN
    return Durations(median(totals), {name: median(each) for name, each in parts.items()})


def _seconds(started: str, finished: str) -> float:
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
