"""What each page of the wizard shows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from dashboard import access
from dashboard.forms.builder import Facts, facts, nearest
from dashboard.forms.changes import Change, changes
from dashboard.forms.compared import change_of
from dashboard.forms.described import STEPS, Described, Found, unusable
from dashboard.forms.sentences import of, shown
from dashboard.forms.settings import Finding, SettingsForm
from dashboard.forms.trigger_fields import KINDS
from dashboard.forms.triggers import ACCEPT, kind_of, names_of, offered, to_typed
from dashboard.services import trigger_words
from provisioning import schedules
from provisioning.contracts import Cloud, TriggerKind

SCHEDULE_LABELS = {"cron": "Cron expression", "timezone": "Time zone"}


def context(described: Described, step: str, problems: Found) -> dict[str, Any]:
    connection = described.connection
    return {
        "described": described,
        "draft": described.draft,
        "step": step,
        "pipeline": described.pipeline,
        "connection": connection,
        "blueprint": described.blueprint,
        "sandbox_shown": bool(connection and connection.sandbox),
        "wrong": _by_field(problems),
        "findings": _findings(described, step, problems),
        **PAGES[step](described, problems),
    }


def _by_field(problems: Found) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        wrong[problem.field].append(problem.message)
    return dict(wrong)


def _findings(described: Described, step: str, problems: Found) -> list[Finding]:
    """The summary at the top; on Review each line leads to the step where it can be put right."""
    if step == "settings" and described.form:
        form = SettingsForm(described.form.blueprint, described.draft.settings, problems)
        return list(form.findings)
    return [
        Finding(
            where=_place(described, one.field),
            message=one.message,
            anchor=f"f-{one.field.replace('.', '-')}",
        )
        for one in problems
    ]


def _place(described: Described, path: str) -> str:
    """ "Tumbling window, First window begins"; "" of what is no trigger's field."""
    first, _, rest = path.partition(".")
    number, _, field = rest.partition(".")
    typed = described.draft.triggers or []
    if first != "triggers" or not number.isdigit() or int(number) >= len(typed):
        return ""
    kind = kind_of(typed[int(number)])
    labels = {each.name: each.label for each in KINDS[kind].fields} or SCHEDULE_LABELS
    return ", ".join(filter(None, (trigger_words.name(kind), labels.get(field))))


def _connection(described: Described, problems: Found) -> dict[str, Any]:
    rows = access.visible_connections(described.user)
    return {"connections": [(row, unusable(row)) for row in rows]}


def _what(described: Described, problems: Found) -> dict[str, Any]:
    return {"blueprints": described.blueprints}


def _settings(described: Described, problems: Found) -> dict[str, Any]:
    if not described.blueprint:
        return {"form": None}
    form = SettingsForm(described.blueprint, described.draft.settings, problems)
    return {"form": form, "known": form.known}


def _when(described: Described, problems: Found) -> dict[str, Any]:
    typed = described.draft.triggers or []
    rows = zip(typed, described.previews(), strict=True)
    cloud = described.blueprint.cloud if described.blueprint else None
    return {
        "triggers": [
            {
                "n": n,
                "n_text": str(n),
                "path": f"triggers.{n}",
                "typed": row,
                "preview": preview,
                "facts": _facts(described, row, cloud),
                "nearest": nearest(row) if preview.kind is TriggerKind.SCHEDULE else None,
                "sentence": shown(row),
                "of": of(row.get("cron", "")),
                "kind": preview.kind,
                "name": trigger_words.name(preview.kind),
                "form": KINDS[preview.kind],
            }
            for n, (row, preview) in enumerate(rows)
        ],
        "offered": offered(described.blueprint),
        "others": described.others,
        "presets": schedules.PRESETS,
        "zone_names": schedules.zone_names(),
        "now": described.now,
        "show_problems": True,
    }


def _facts(described: Described, row: dict[str, str], cloud: Cloud | None) -> Facts | None:
    if kind_of(row) is not TriggerKind.SCHEDULE:
        return None
    return facts(
        row,
        described.now,
        cloud=cloud,
        visitor=described.user,
        pipeline=described.pipeline,
    )


def _review(described: Described, problems: Found) -> dict[str, Any]:
    blocked = problems or described.problems("review")
    form = described.form
    settled = (
        SettingsForm(form.blueprint, form.form.to_raw(described.settings))
        if (form and described.settings is not None)
        else None
    )
    return {
        "blocked": [(_step_of(one.field), one) for one in blocked],
        "settled": settled,
        "previews": described.previews(),
        "now": described.now,
        "before_after": _before_after(described),
        "newer": _newer(described),
        "runs_changed": change_of(
            described.pipeline, described.draft.triggers or [], described.now
        ),
    }


def _step_of(field: str) -> tuple[str, str]:
    root = field.partition(".")[0]
    step = {"name": "what", "blueprint": "what", "triggers": "when"}.get(root, root)
    step = step if step in STEPS else "settings" if field else "review"
    return step, STEPS[step]


def _before_after(described: Described) -> list[Change] | None:
    pipeline = described.pipeline
    if not pipeline or not pipeline.current_version or not described.form:
        return None
    version = pipeline.current_version
    found = changes(described.form.form, version.settings, described.settings or {})
    if described.draft.name != pipeline.name:
        found.insert(0, Change("Name", pipeline.name, described.draft.name))
    return found + _trigger_changes(version.triggers, described.draft.triggers or [])


def _trigger_changes(before: list[dict[str, Any]], after: list[dict[str, str]]) -> list[Change]:
    old = {trigger["key"]: _trigger_text(to_typed(trigger)) for trigger in before}
    new = {one.get("key") or f"new {n + 1}": _trigger_text(one) for n, one in enumerate(after)}
    return [
        Change(f"Trigger {key}", old.get(key), new.get(key))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
    ]


def _trigger_text(typed: dict[str, str]) -> str:
    if (kind := kind_of(typed)) is not TriggerKind.SCHEDULE:
        given = ", ".join(f"{name} {typed[name]}" for name in names_of(kind)[1:] if typed.get(name))
        return f"{trigger_words.name(kind)}: {given}" if given else trigger_words.name(kind)
    window = [f"{word} {typed[word]}" for word in ("start", "end") if typed.get(word)]
    accepted = ["differences at clock changes accepted"] if typed.get(ACCEPT) else []
    return ", ".join([f"{typed['cron']} {typed['timezone']}", *window, *accepted])


def _newer(described: Described) -> int | None:
    """The number of a Version that somebody saved since this edit began."""
    pipeline = described.pipeline
    if not pipeline or not pipeline.current_version:
        return None
    number = pipeline.current_version.number
    return number if number != described.draft.base else None


PAGES = {
    "connection": _connection,
    "what": _what,
    "settings": _settings,
    "when": _when,
    "review": _review,
}
