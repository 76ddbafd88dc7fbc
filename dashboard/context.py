"""What the frame of every page shows: navigation, the zone of its times, the sandbox's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from dashboard import times
from dashboard.access import is_member
from dashboard.services import sandbox
from dashboard.times import Zones

ZONE_COOKIE = "zone"
NEAR = timedelta(minutes=1)
SHEETS = ("css/frame.css", "css/pieces.css", "css/states.css", "css/pages.css")
PAGES = (
    ("overview", "Overview"),
    ("pipelines", "Pipelines"),
    ("calendar", "Calendar"),
    ("runs", "Runs"),
    ("deployments", "Deployments"),
)
SANDBOX_PAGES = (("sandbox", "Sandbox"),)
ADMIN_PAGES = (
    ("connections", "Connections"),
    ("people", "People"),
    ("audit", "Audit"),
    ("system", "System"),
)


@dataclass(frozen=True)
class NavigationItem:
    label: str
    url: str
    here: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    clock = sandbox_clock()
    return {
        "zones": zones(request),
        "navigation": lambda: navigation(request),
        "sandbox_clock": clock,
        "sandbox_ahead": lambda: _ahead(clock()),
        "sheets": SHEETS,
    }


def zones(request: HttpRequest) -> Zones:
    show = request.COOKIES.get(ZONE_COOKIE, "mine")
    user = getattr(request, "user", None)
    mine = times.zone(user.timezone) if user and is_member(user) else times.UTC_ZONE
    return Zones(show=show if show in times.SHOWN else "mine", mine=mine)


def navigation(request: HttpRequest) -> list[NavigationItem]:
    user = getattr(request, "user", None)
    if not user or not is_member(user):
        return []
    pages = PAGES + (SANDBOX_PAGES if settings.SANDBOX_CONTROL_URL else ())
    pages += ADMIN_PAGES if user.is_admin else ()
    return [_item(request, reverse(name), label) for name, label in pages]


def _item(request: HttpRequest, url: str, label: str) -> NavigationItem:
    here = request.path == url if url == "/" else request.path.startswith(url)
    return NavigationItem(label=label, url=url, here=here)


def _ahead(clock: datetime | None) -> str:
    """How far the sandbox was fast-forwarded: deployments and freshness go by real time."""
    ahead = clock - datetime.now(UTC) if clock else NEAR
    return times.duration(ahead) if ahead > NEAR else ""


def sandbox_clock() -> Callable[[], datetime | None]:
    """The sandbox's time, asked at most once a page and only by pages that show it."""
    asked: list[datetime | None] = []

    def clock() -> datetime | None:
        if not asked:
            asked.append(sandbox.now())
        return asked[0]

    return clock
