"""Promise against observation as a strip: when runs were due, over when they began."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone

from dashboard import queries
from dashboard.models import Occurrence, Pipeline
from dashboard.queries import ShownOccurrence

BACK, AHEAD = timedelta(days=7), timedelta(days=1)
MOST = 300  # marks that can be told apart
WORDS = tuple(word for word in Occurrence.Status.values if word != Occurrence.Status.DUE)


@dataclass(frozen=True)
class Mark:
    """`due` and `began` are places in per cent; None where there is none."""

    shown: ShownOccurrence
    due: float | None
    began: float | None


@dataclass(frozen=True)
class Day:
    begins: datetime
    place: float


@dataclass(frozen=True)
class Strip:
    since: datetime
    until: datetime
    now: float
    days: tuple[Day, ...]
    marks: tuple[Mark, ...]  # none where there are too many to draw
    counts: tuple[tuple[str, int], ...]  # of the past, by status; those that are none left out

    @property
    def summary(self) -> str:
        """ "12 done, 1 late, 1 missed" """
        return ", ".join(f"{count} {word}" for word, count in self.counts) or "nothing was due"


def strip(pipeline: Pipeline) -> Strip | None:
    """The last week and the next day; None where no schedule ever promised anything."""
    if not pipeline.promises.exists():
        return None
    now = pipeline.connection.now(timezone.now())
    since, until = now - BACK, now + AHEAD
    found = list(islice(queries.occurrences_of_each([pipeline], since, until), MOST + 1))
    past = Counter(each.status for each in found if each.at < now)
    counted = past if len(found) <= MOST else queries.occurrence_counts(pipeline, since, now)
    scale = Scale(since, until)
    return Strip(
        since=since,
        until=until,
        now=scale.place(now),
        days=tuple(scale.days()),
        marks=tuple(scale.mark(each) for each in found) if len(found) <= MOST else (),
        counts=tuple((word, counted[word]) for word in WORDS if counted[word]),
    )


@dataclass(frozen=True)
class Scale:
    since: datetime
    until: datetime

    def place(self, at: datetime) -> float:
        return round(100 * ((at - self.since) / (self.until - self.since)), 2)

    def mark(self, shown: ShownOccurrence) -> Mark:
        return Mark(
            shown=shown,
            due=self.place(shown.due) if shown.due else None,
            began=self.place(shown.run.started if shown.run else shown.at),
        )

    def days(self) -> list[Day]:
        """Midnights in UTC, as the page has no other zone that fits every schedule."""
        first = self.since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        every = (first + timedelta(days=n) for n in range(BACK.days + AHEAD.days + 1))
        return [Day(day, self.place(day)) for day in every if day < self.until]
