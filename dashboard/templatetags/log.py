"""Lines of a Deployment's log as a page opens with them; static/src/log draws the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard.models import DeploymentLine
from dashboard.times import UTC_ZONE, Zones

register = template.Library()


@register.simple_tag(takes_context=True)
def log_lines(context: Context, lines: Sequence[DeploymentLine]) -> SafeString:
    return lines_html(lines, context.get("zones") or Zones())


@register.simple_tag(takes_context=True)
def log_page_query(context: Context, first: int | None = None) -> str:
    """The query of the page of lines from this number on, with the filter that is on."""
    only = context["log"].only
    wanted = {"q": only.text, "level": only.level, "resource": only.resource, "from": first}
    return urlencode({name: value for name, value in wanted.items() if value}) + "#log"


@register.filter
def urn_name(urn: str) -> str:
    return urn.rpartition("::")[2]


def lines_html(lines: Sequence[DeploymentLine], zones: Zones) -> SafeString:
    # Thousands of lines: joined as text, each value from a row escaped.
    return mark_safe("".join(_line(line, zones) for line in lines))  # noqa: S308


def _line(line: DeploymentLine, zones: Zones) -> str:
    utc, mine = _clock(line.time, UTC_ZONE), _clock(line.time, zones.mine)
    shown = utc if zones.show == "utc" else mine
    iso = line.time.astimezone(UTC).isoformat(timespec="milliseconds")
    about = f' data-resource="{escape(line.resource)}"' if line.resource else ""
    return (
        f'<li id="L{line.n}" class="line line-{escape(line.level)}" data-line="{line.n}"'
        f' data-level="{escape(line.level)}"{about}>'
        f'<a class="line-n" href="#L{line.n}">{line.n}</a>'
        f'<time datetime="{iso}" title="{iso}" data-utc="{utc}" data-mine="{mine}"'
        f' data-schedule="{mine}">{shown}</time>'
        f'<span class="line-text">{escape(line.text)}</span></li>'
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"
