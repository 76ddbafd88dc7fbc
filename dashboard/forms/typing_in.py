"""What a posted step changes in a draft: what was typed, and what its button asks for."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from dashboard.forms import dotted, edits, triggers
from dashboard.forms.described import Described
from dashboard.forms.drafts import TEXTS, Draft
from dashboard.forms.sentences import read_in
from provisioning.contracts import TriggerKind


def take(draft: Draft, query: QueryDict) -> None:
    """Keep what was typed, right or wrong. What was not on the page stays."""
    posted = {name: _as_typed(str(query[name])) for name in query}
    for name in TEXTS:
        if name in posted:
            setattr(draft, name, posted[name].strip())
    if posted.get("connection", "").isdecimal():
        draft.connection = int(posted["connection"])
    if "blueprint" in posted:
        _choose_blueprint(draft, posted["blueprint"])
    typed = dotted.nest(posted.items())
    if isinstance(typed.get("settings"), dict):
        draft.settings = dotted.merge(draft.settings, typed["settings"])
    if isinstance(typed.get("triggers"), list):
        rows = [_trigger(one) for one in typed["triggers"][: triggers.MOST]]
        # While somebody types, half a sentence is kept as it is.
        draft.triggers = rows if posted.get("do") == "keep" else [_settled(row) for row in rows]


def _as_typed(text: str) -> str:
    """Browsers send line breaks as CR LF; and a database cannot hold a null character."""
    return text.replace("\r\n", "\n").replace("\0", "")


def _choose_blueprint(draft: Draft, kind: str) -> None:
    if draft.blueprint and draft.blueprint != kind:
        draft.settings, draft.before_example = {}, None
    draft.blueprint = kind


def _trigger(typed: Any) -> dict[str, str]:
    row = typed if isinstance(typed, dict) else {}
    kind = triggers.kind_of(row)
    return {"kind": kind.value} | {name: str(row.get(name, "")) for name in triggers.names_of(kind)}


def _settled(row: dict[str, str]) -> dict[str, str]:
    """With what its sentence says."""
    return read_in(row)[0] if triggers.kind_of(row) is TriggerKind.SCHEDULE else row


def act(described: Described, action: str) -> str | None:
    """Do what a button of the settings or the When step asks; the path to show next, or None
    where the action is none of these."""
    draft = described.draft
    verb, _, rest = action.partition(":")
    if edits.is_edit(action) and described.form:
        draft.settings, path = edits.apply(described.form.form, draft.settings, action)
        return path
    if verb == "example" and described.form and described.blueprint:
        draft.before_example = draft.settings
        draft.settings = described.form.form.to_raw(described.blueprint.example())
        return ""
    if verb == "undo-example" and draft.before_example is not None:
        draft.settings, draft.before_example = draft.before_example, None
        return ""
    if verb in ("add-trigger", "remove-trigger", "preset", "take", "month"):
        return _change_triggers(described, verb, rest)
    return "" if verb in ("refresh", "show-runs") else None


def _change_triggers(described: Described, verb: str, rest: str) -> str:
    draft = described.draft
    rows = list(draft.triggers or [])
    if verb == "add-trigger" and len(rows) < triggers.MOST:
        kind = triggers.kind_of({"kind": rest})
        rows.append(triggers.new_trigger(kind, described.user.timezone))
        draft.triggers = rows
        return f"triggers.{len(rows) - 1}"
    number, _, value = rest.partition(":")
    n = int(number) if number.isdecimal() else len(rows)
    if n < len(rows):
        if verb == "remove-trigger":
            del rows[n]
        else:
            rows[n] = rows[n] | _chosen(verb, value)
    draft.triggers = rows
    return f"triggers.{n}" if n < len(rows) else ""


def _chosen(verb: str, value: str) -> dict[str, str]:
    """What a button of the builder puts in: an expression, its zone, a month to look at."""
    in_step = {"sentence": "", "of": ""}
    match verb:
        case "preset":
            return {"cron": value, **in_step}
        case "take":
            cron, timezone, always = (*value.split(":"), "", "")[:3]
            window = {"start": "", "end": ""} if always else {}
            return {"cron": cron, "timezone": timezone, **window, **in_step}
    return {"month": value}
