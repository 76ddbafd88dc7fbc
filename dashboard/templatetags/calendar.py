"""Cells of the calendar. A week has 168 of them, so they are joined as text."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from math import log
from typing import Protocol

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard import times
from dashboard.queries import DUE, LEDGER_STATES, PAST_STATES, Block, Calendar, Cell, Timing
from dashboard.services import trigger_words
from dashboard.templatetags.status import state
from dashboard.templatetags.times import time_element
from dashboard.times import Zones
from provisioning.contracts import TriggerKind

register = template.Library()
LEVELS = 5
DENSE = 4  # starts to come, from which on a cell is tinted


ORDER = {word: at for at, word in enumerate((*PAST_STATES, *LEDGER_STATES))}


class Links(Protocol):
    """The view's address, and those of pages like it."""

    def url(self, **other: object) -> str: ...

    def starts_url(self, cell: Cell) -> str: ...


@register.simple_tag
def calendar_cell(cell: Cell, seen: Calendar, address: Links) -> SafeString:
    """What is within one cell of the grid."""
    if cell.slot.skipped:
        return mark_safe('<span class="cal-note">does not exist</span>')
    parts = [_block(block, seen) for block in cell.blocks]
    named = sum(block.count for block in cell.blocks)
    if named < cell.total:
        words = f"and {cell.total - named:,} more" if named else _numbers(cell)
        title = escape(counted(cell))
        parts.append(
            f'<a class="cal-count" href="{escape(address.starts_url(cell))}" title="{title}">'
            f'{words}<span class="visually-hidden"> ({title})</span></a>'
        )
    if cell.slot.twice:
        parts.append('<span class="cal-note">happens twice</span>')
    # Every value from a row is escaped where it is put into its tag.
    return mark_safe("".join(parts))  # noqa: S308


@register.simple_tag
def calendar_classes(cell: Cell, seen: Calendar) -> str:
    classes = ["cal-cell", f"cal-heat-{heat(cell.due, seen)}"]
    classes += ["cal-change"] if cell.changes or cell.slot.skipped or cell.slot.twice else []
    classes += ["cal-now"] if cell.now else []
    classes += ["cal-outside"] if cell.slot.day.month != seen.period.day.month else []
    return " ".join(classes)


@register.filter
def counted(cell: Cell) -> str:
    """ "14 to come; 3 ran: 2 succeeded, 1 failed"."""
    parts = [f"{cell.due:,} to come"] if cell.due else []
    if cell.happened:
        parts.append(f"{cell.happened:,} ran: {outcome_words(cell.past)}")
    if cell.broken:
        parts.append(outcome_words(cell.broken))
    return "; ".join(parts) or "nothing"


@register.filter
def counted_starts(count: int) -> str:
    """ "1,234 starts to come"."""
    return f"{count:,} start{'' if count == 1 else 's'} to come" if count else "No start to come"


@register.filter
def counted_runs(past: Counter[str]) -> str:
    """ "35 runs happened: 33 succeeded, 2 failed."."""
    if not past:
        return "No run happened."
    runs = "1 run" if past.total() == 1 else f"{past.total():,} runs"
    return f"{runs} happened: {outcome_words(past)}."


@register.filter
def broken_words(broken: Counter[str]) -> str:
    """ "Of the promised starts, 1 late, 2 missed, 3 unknown."."""
    return f"Of the promised starts, {outcome_words(broken)}." if broken else ""


@register.filter
def outcome_words(past: Counter[str]) -> str:
    """ "33 succeeded, 2 failed"."""
    return ", ".join(f"{count:,} {word}" for word, count in _in_order(past))


@register.filter
def timing_words(timing: Timing) -> str:
    """ "At 06:00 on weekdays, Europe/Berlin"."""
    kind = TriggerKind.TUMBLING_WINDOW if timing.frequency else TriggerKind.SCHEDULE
    return trigger_words.sentence(kind, timing._asdict(), pipeline_name=str)


@register.filter
def clock(at: datetime) -> str:
    """In the zone it has, where the `date` filter would show UTC."""
    return f"{at:%H:%M}"


@register.simple_tag
def calendar_day(address: Links, day: date) -> str:
    return address.url(view="day", date=day.isoformat())


@register.simple_tag
def calendar_starts(address: Links, cell: Cell) -> str:
    return address.starts_url(cell)


@register.filter
def block_words(block: Block) -> str:
    """ "×4", where a Pipeline starts more than once in the cell."""
    return f"×{block.count}" if block.count > 1 else ""


@register.simple_tag(takes_context=True)
def block_time(context: template.Context, block: Block) -> SafeString:
    schedule = times.zone(block.timezone) if block.timezone else None
    return time_element(block.at, context.get("zones") or Zones(), schedule)


def heat(count: int, seen: Calendar) -> int:
    """0, or 1 to 5, on a logarithmic scale from the quietest of the cells to the densest."""
    if count < DENSE:
        return 0
    # A cell of a small fleet is not dense for being its densest: one start a minute is.
    least, most = max(seen.least, DENSE), max(seen.most, seen.period.step)
    if most < least * 1.5:
        return LEVELS // 2 + 1
    return 1 + round((LEVELS - 1) * log(count / least) / log(most / least))


def _numbers(cell: Cell) -> str:
    """ "2 ● 1 ✕ 14 ○"; the words follow for those who do not see shapes."""
    due = [(DUE, cell.due)] if cell.due else []
    counts = [*_in_order(cell.past), *_in_order(cell.broken), *due]
    return " ".join(
        f'<span class="tone-{state(word).tone}" aria-hidden="true">'
        f"<b>{count:,}</b> {state(word).shape}</span>"
        for word, count in counts
    )


def _in_order(past: Counter[str]) -> list[tuple[str, int]]:
    """The same order in all cells, so that columns can be compared."""
    return sorted(past.items(), key=lambda item: ORDER.get(item[0], len(ORDER)))


def _block(block: Block, seen: Calendar) -> str:
    shown = state(block.status)
    local = block.at.astimezone(seen.period.zone)
    url = (
        reverse("run", args=[block.run])
        if block.run
        else reverse("pipeline", args=[block.pipeline])
    )
    times_word = f' <span class="cal-times">{block_words(block)}</span>' if block.count > 1 else ""
    words = f"{block.name}, {local:%H:%M}, {shown.label.lower()}"
    words += f", {block.count} times" if block.count > 1 else ""
    return (
        f'<a class="cal-block tone-{shown.tone}" href="{url}" title="{escape(words)}">'
        f'<span class="shape" aria-hidden="true">{shown.shape}</span>'
        f'<span class="cal-name">{escape(block.name)}</span>{times_word}'
        f'<span class="cal-at">{local:%H:%M}</span>'
        f'<span class="visually-hidden"> {escape(shown.label.lower())}</span></a>'
    )
