"""Lines of a Deployment's log: by number, and only those that somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.models import Deployment, DeploymentLine

MOST_LINES = 5000
LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class LineFilter:
    """What is left empty excludes nothing."""

    level: str = ""  # at least this one
    resource: str = ""  # URN
    text: str = ""  # contained, whether in capitals or not

    def __bool__(self) -> bool:
        return bool(self.level or self.resource or self.text)

    def of(self, rows: QuerySet[DeploymentLine]) -> QuerySet[DeploymentLine]:
        if "\x00" in self.resource + self.text:
            return rows.none()  # no line has it, and PostgreSQL does not take it
        if self.level in LEVELS:
            rows = rows.filter(level__in=LEVELS[LEVELS.index(self.level) :])
        if self.resource:
            rows = rows.filter(resource=self.resource)
        if self.text:
            rows = rows.filter(text__icontains=self.text)
        return rows


ALL_LINES = LineFilter()


def deployment_lines(
    deployment: Deployment | int, after: int = 0, limit: int = 1000, only: LineFilter = ALL_LINES
) -> list[DeploymentLine]:
    """Lines numbered above `after`, in order."""
    rows = only.of(DeploymentLine.objects.filter(deployment=deployment, n__gt=after))
    return list(rows.order_by("n")[: min(limit, MOST_LINES)])


def deployment_line_numbers(deployment: Deployment, only: LineFilter = ALL_LINES) -> Sequence[int]:
    """The numbers of all lines that are there, or of those that somebody looks for."""
    if not only:
        return range(1, deployment.last_line + 1)
    rows = only.of(DeploymentLine.objects.filter(deployment=deployment))
    return list(rows.order_by("n").values_list("n", flat=True))


def first_error_line(deployment: Deployment) -> int | None:
    rows = DeploymentLine.objects.filter(deployment=deployment, level="error")
    return rows.order_by("n").values_list("n", flat=True).first()
