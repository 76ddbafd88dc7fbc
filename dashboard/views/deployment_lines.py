"""Lines of a Deployment's log: the page that opens with some of them, parts of it by number,
the numbers of those that somebody looks for, and all of them as text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from dashboard import access, live, queries
from dashboard.access import member_required
from dashboard.models import Deployment, DeploymentLine
from dashboard.queries import LEVELS, LineFilter
from dashboard.views.paging import whole_number

SHOWN = 500  # lines that a page opens with
MOST = 1000  # lines in one answer
CHUNK = 2000
COMPACT = {"ensure_ascii": False, "separators": (",", ":")}


@dataclass(frozen=True)
class LogPage:
    """What the log opens with: its end, or the lines from a chosen one on."""

    only: LineFilter
    lines: list[DeploymentLine]
    last: int  # number of the last line that there is; the stream goes on after it
    first_error: int | None
    older: int | None  # number of the first line of the page before, and of the one after
    newer: int | None

    @property
    def at_end(self) -> bool:
        return self.newer is None


def log_page(request: HttpRequest, deployment: Deployment) -> LogPage:
    # The row came before its lines: what was written in between is sent by the stream.
    only = line_filter(request)
    numbers = queries.deployment_line_numbers(deployment, only)
    tail = max(0, len(numbers) - SHOWN)
    chosen = whole_number(request, "from")
    start = min(bisect_left(numbers, chosen), tail) if chosen else tail
    before = numbers[start] - 1 if numbers else 0
    lines = queries.deployment_lines(deployment, after=before, limit=SHOWN, only=only)
    return LogPage(
        only=only,
        lines=lines,
        last=max([deployment.last_line, *(line.n for line in lines[-1:])]),
        first_error=queries.first_error_line(deployment),
        older=numbers[max(0, start - SHOWN)] if start else None,
        newer=numbers[start + SHOWN] if start < tail else None,
    )


def line_filter(request: HttpRequest) -> LineFilter:
    level = request.GET.get("level", "")
    return LineFilter(
        level=level if level in LEVELS else "",
        resource=request.GET.get("resource", "")[:500],
        text=request.GET.get("q", "")[:200],
    )


@member_required
@require_safe
def lines(request: HttpRequest, id: int) -> HttpResponseBase:
    """Some lines after a number, as the stream writes them."""
    found = access.get_deployment(request.user, id)
    rows = queries.deployment_lines(
        found,
        after=whole_number(request, "after") or 0,
        limit=min(whole_number(request, "limit") or MOST, MOST),
        only=line_filter(request),
    )
    return JsonResponse({"lines": live.line_values(rows)}, json_dumps_params=COMPACT)


@member_required
@require_safe
def matches(request: HttpRequest, id: int) -> HttpResponseBase:
    """The numbers of all lines that fit; those up to `last` were looked at."""
    found = access.get_deployment(request.user, id)
    numbers = queries.deployment_line_numbers(found, line_filter(request))
    answer = {"numbers": list(numbers), "last": found.last_line}
    return JsonResponse(answer, json_dumps_params=COMPACT)


@member_required
@require_safe
def log_text(request: HttpRequest, id: int) -> HttpResponseBase:
    """All lines, those that fit, or those `from` one number `to` another."""
    found = access.get_deployment(request.user, id)
    first, last = whole_number(request, "from") or 1, whole_number(request, "to")
    name = f"deployment-{found.pk}.txt"
    return HttpResponse(
        "".join(_text(found.pk, line_filter(request), first, last or found.last_line)),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _text(id: int, only: LineFilter, first: int, last: int) -> Iterator[str]:
    after = first - 1
    while found := queries.deployment_lines(id, after=after, limit=CHUNK, only=only):
        yield "".join(
            f"{line.n:>6} {line.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} "
            f"{line.level:<7} {line.text}\n"
            for line in found
            if line.n <= last
        )
        after = found[-1].n
        if after >= last:
            return
