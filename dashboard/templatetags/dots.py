"""The last runs of a Pipeline as a row of bars: height is duration, shape and colour state.

A list of 200 Pipelines shows 6,000 bars, so they are joined as text, not rendered one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard import times
from dashboard.templatetags.status import STATES, state

register = template.Library()
HEIGHTS = 8
NONE = mark_safe('<span class="dots-none">no runs yet</span>')


@register.simple_tag
def dots(recent: Sequence[dict[str, Any]], size: str = "") -> SafeString:
    """`recent`: [{"id", "status", "started", "seconds"}, …], oldest first."""
    if not recent:
        return NONE
    longest = max((run.get("seconds") or 0 for run in recent), default=0)
    path = reverse("run", args=[0])[:-1]
    last = len(recent) - 1
    bars = [_bar(run, path, longest, first_stop=at == last) for at, run in enumerate(recent)]
    large = " dots-large" if size == "large" else ""
    return mark_safe(  # noqa: S308 (every value from a row is escaped in `_bar`)
        f'<span class="run-dots{large}" role="group" aria-label="{summary(recent)}" data-dots>'
        f"{''.join(bars)}</span>"
    )


def _bar(run: dict[str, Any], path: str, longest: float, *, first_stop: bool) -> str:
    seconds = run.get("seconds")
    height = 1 + round((HEIGHTS - 1) * seconds / longest) if seconds and longest else 1
    word = str(run["status"])
    tone = STATES[word].tone if word in STATES else "striped"
    started = str(run.get("started") or "")[:16].replace("T", " ")
    took = f" · {times.duration(seconds)}" if seconds is not None else ""
    title = escape(f"{state(word).label} · {started} UTC{took}")
    # The arrow keys walk the row; Tab stops once, at the newest.
    stop = "" if first_stop else ' tabindex="-1"'
    return (
        f'<a class="run-dot d{height} tone-{tone}" href="{path}{int(run["id"])}"'
        f' title="{title}"{stop}></a>'
    )


def summary(recent: Sequence[dict[str, Any]]) -> str:
    """ "Last 30 runs: 27 succeeded, 2 failed, 1 running; the last one failed"."""
    counts = Counter(str(run["status"]) for run in recent)
    parts = ", ".join(f"{count} {escape(word)}" for word, count in counts.most_common())
    runs = f"Last {len(recent)} runs" if len(recent) > 1 else "Only run"
    return f"{runs}: {parts}; the last one {escape(recent[-1]['status'])}"
