"""The calendar over all clouds: a day, a week or a month, as a grid or as a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard import access, queries, times
from dashboard.access import member_required
from dashboard.context import zones
from dashboard.models import Connection
from dashboard.queries import DUE, VIEWS, Cell, Chosen, Period
from dashboard.views.paging import whole_number
from provisioning.schedules.minutes import Window

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST = timedelta(days=2)  # that is listed start by start
STATES = (DUE, *queries.PAST_STATES, *queries.LEDGER_STATES)


@dataclass(frozen=True)
class Address:
    """What the page was asked for, and the addresses of others like it."""

    view: str
    day: date
    chosen: Chosen
    as_list: bool = False
    zone: str = ""

    def url(self, **other: object) -> str:
        words = {
            "view": self.view,
            "date": self.day.isoformat(),
            **self._filters,
            "list": "yes" if self.as_list else "",
            **other,
        }
        return f"{reverse('calendar')}?{_query(words)}"

    def starts_url(self, cell: Cell) -> str:
        words = {
            "since": f"{cell.start:%Y-%m-%dT%H:%MZ}",
            "until": f"{cell.end:%Y-%m-%dT%H:%MZ}",
            **self._filters,
        }
        return f"{reverse('calendar-starts')}?{_query(words)}"

    @property
    def _filters(self) -> dict[str, object]:
        return {
            "connection": self.chosen.connection,
            "cloud": self.chosen.cloud,
            "pipeline": self.chosen.pipeline,
            "search": self.chosen.search,
            "status": self.chosen.status,
            "zone": self.zone,
        }


def _query(words: Mapping[str, object]) -> str:
    return urlencode({name: value for name, value in words.items() if value})


@member_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponseBase:
    real = datetime.now(UTC)
    connections = list(access.visible_connections(request.user).defer("sealed").order_by("name"))
    zone, named = _zone(request)
    now = queries.clock_of(connections, real)
    today = now.astimezone(zone).date()
    address = Address(
        view=_one_of(request, "view", VIEWS, otherwise="week"),
        day=_day(request, otherwise=today),
        chosen=_chosen(request),
        as_list=request.GET.get("list") == "yes",
        zone=named,
    )
    period = Period(address.view, address.day, zone)
    seen = queries.calendar(request.user, real, period, address.chosen)
    context = {
        "seen": seen,
        "period": period,
        "address": address,
        "title": _title(period),
        "links": _links(address, period, today),
        "today": today,
        "rows": _rows(seen),
        "connections": connections,
        "clouds": Connection.CloudName.choices,
        "statuses": [(word, word) for word in STATES],
        "status": address.chosen.status,
        "sandbox_shown": any(each.sandbox for each in connections),
    }
    return render(request, "calendar/page.html", context)


@member_required
@require_safe
def starts(request: HttpRequest) -> HttpResponseBase:
    """Every start of a short time by name."""
    since, until = _moment(request, "since"), _moment(request, "until")
    if since is None or until is None or not since < until <= since + LONGEST:
        return redirect("calendar")
    zone, _ = _zone(request)
    chosen = _chosen(request)
    blocks, count = queries.starts_within(
        request.user, datetime.now(UTC), Window(since, until), chosen
    )
    day = since.astimezone(zone).date()
    context = {
        "blocks": blocks,
        "count": count,
        "since": since,
        "until": until,
        "left_out": count - sum(block.count for block in blocks),
        "back": Address(view="day", day=day, chosen=chosen).url(),
        "sandbox_shown": access.visible_connections(request.user).filter(sandbox=True).exists(),
    }
    return render(request, "calendar/starts.html", context)


# ── What the page shows ─────────────────────────────────────────────────────────────


def _rows(seen: queries.Calendar) -> list[tuple[str, list[Cell]]]:
    """(label, cells) from top to bottom: hours of a day or a week, weeks of a month."""
    cells = list(seen.cells.values())
    if seen.period.view == "month":
        weeks = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        return [(f"{week[0].slot.day:%V}".lstrip("0"), week) for week in weeks]
    if seen.period.view == "day":
        return [(f"{at:02d}:00", cells[at * 4 : at * 4 + 4]) for at in range(24)]
    return [(f"{at:02d}:00", cells[at::24]) for at in range(24)]


def _title(period: Period) -> str:
    first, last = period.days[0], period.days[-1]
    if period.view == "month":
        return f"{period.day:%B %Y}"
    if period.view == "day":
        return f"{first:%A} {first.day} {first:%B %Y}"
    begins = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    if first.year != last.year:
        begins += f" {first.year}"
    return f"{begins} to {last.day} {last:%b %Y}, week {int(f'{last:%V}')}"


def _links(address: Address, period: Period, today: date) -> dict[str, str]:
    return {
        "earlier": address.url(date=_within(period.earlier)),
        "later": address.url(date=_within(period.later)),
        "today": address.url(date=today.isoformat()),
        "grid": address.url(list=""),
        "list": address.url(list="yes"),
        **{view: address.url(view=view) for view in VIEWS},
    }


def _within(day: date) -> str:
    return min(max(day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31)).isoformat()


# ── What the address says ───────────────────────────────────────────────────────────


def _chosen(request: HttpRequest) -> Chosen:
    return Chosen(
        connection=whole_number(request, "connection"),
        cloud=_one_of(request, "cloud", Connection.CloudName.values),
        pipeline=whole_number(request, "pipeline"),
        search=request.GET.get("search", "")[:80].replace("\0", "").strip(),
        status=_one_of(request, "status", STATES),
    )


def _one_of(
    request: HttpRequest, name: str, known: list[str] | tuple[str, ...], otherwise: str = ""
) -> str:
    found = request.GET.get(name, "")
    return found if found in known else otherwise


def _zone(request: HttpRequest) -> tuple[ZoneInfo, str]:
    """The one that the address names, else the one that the page's times are in."""
    name = request.GET.get("zone", "")
    named = times.zone(name)
    return (named, name) if name and named.key == name else (zones(request).shown(None), "")


def _day(request: HttpRequest, *, otherwise: date) -> date:
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return otherwise
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else otherwise


def _moment(request: HttpRequest, name: str) -> datetime | None:
    """A whole minute with its zone; None for what no link of ours says."""
    try:
        at = datetime.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    whole = at.tzinfo and FIRST_YEAR <= at.year <= LAST_YEAR and not (at.second or at.microsecond)
    return at.astimezone(UTC) if whole else None
