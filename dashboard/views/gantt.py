"""Steps as bars over the time of their run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.models import Run, Step

WHOLE = 100  # per cent


@dataclass(frozen=True)
class Bar:
    step: Step
    offset: int  # per cent of the run's time
    width: int


def bars(run: Run, steps: Sequence[Step]) -> list[Bar]:
    now = run.pipeline.connection.now(datetime.now(UTC))
    end = run.finished or max(now, run.started)
    span = max((end - run.started).total_seconds(), 1)
    return [_bar(step, run.started, end, span) for step in steps]


def _bar(step: Step, start: datetime, end: datetime, span: float) -> Bar:
    if not step.started:
        return Bar(step, 0, 0)
    offset = _per_cent((step.started - start).total_seconds() / span)
    width = _per_cent(((step.finished or end) - step.started).total_seconds() / span)
    offset = min(offset, WHOLE - 1)
    return Bar(step, offset, max(1, min(width, WHOLE - offset)))


def _per_cent(share: float) -> int:
    return max(0, min(WHOLE, round(share * WHOLE)))
