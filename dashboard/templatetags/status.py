"""The one table of state words: nothing else chooses a colour or a shape."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True)
class State:
    label: str
    tone: str  # a class in static/css/states.css
    shape: str


def _states(tone: str, shape: str, *words: str) -> dict[str, State]:
    return {word: State(word.replace("_", " ").capitalize(), tone, shape) for word in words}


STATES: dict[str, State] = (
    _states("green", "●", "succeeded", "done", "active", "pass", "deployed", "enabled", "finished")
    | _states("blue", "◐", "running", "applying", "started", "pausing", "restoring")
    | _states("grey", "○", "queued", "due", "planned", "draft", "waiting")
    | _states("violet", "○", "awaiting_approval")
    | _states("amber", "◷", "late")
    | _states("amber", "!", "unowned", "foreign")
    | _states("amber", "＋", "extra")
    | _states("amber", "≠", "differs")
    | _states("red", "✕", "gone")
    | _states("dark", "◎", "watched")
    | _states("violet", "◷", "ending")
    | _states("red", "✕", "failed", "missed", "missing", "fail", "refused")
    | _states("dark", "■", "stopped", "cancelled", "paused", "disabled", "skipped", "deleted")
    | _states("dark", "■", "not_started")
    | _states("dark", "■", "in_maintenance", "ended")
    | _states("striped", "?", "interrupted", "unknown", "stale")
)
UNKNOWN = STATES["unknown"]
# A tab's icon sees no style sheet: the tones of static/css/states.css on light and dark bars.
ICON_COLOURS = {
    "green": "#17803f", "blue": "#1668c4", "grey": "#6b7480", "violet": "#6d3fc0",
    "amber": "#b07100", "red": "#c92a2a", "dark": "#4a5462", "striped": "#6b7480",
}  # fmt: skip
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="{colour}"/>'
    '<text x="16" y="23" font-family="sans-serif" font-size="21" text-anchor="middle"'
    ' fill="#fff">{shape}</text></svg>'
)


def state(word: str) -> State:
    """A word that is not in the table is shown as it is, in the look of "unknown"."""
    return STATES.get(word) or State(word.replace("_", " ").capitalize(), UNKNOWN.tone, "?")


@register.simple_tag
def status(word: str, label: str = "") -> SafeString:
    """The badge of a state: shape, colour and word say the same."""
    shown = state(word)
    return format_html(
        '<span class="state tone-{}" data-state="{}">'
        '<span class="shape shape-{}" aria-hidden="true">{}</span>{}</span>',
        shown.tone,
        word,
        shown.tone,
        shown.shape,
        label or shown.label,
    )


@register.filter
def state_icon(word: str) -> str:
    """The icon of a browser tab: the state's shape in its colour. A data address, which the
    content security policy allows for images alone."""
    shown = state(word)
    drawing = ICON.format(colour=ICON_COLOURS[shown.tone], shape=shown.shape)
    return f"data:image/svg+xml,{quote(drawing)}"


@register.filter
def shape(word: str) -> str:
    """The shape alone, for a browser tab's title."""
    return state(word).shape


@register.filter
def tone(word: str) -> str:
    return state(word).tone


@register.filter
def state_label(word: str) -> str:
    return state(word).label
