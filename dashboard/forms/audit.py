"""What of the audit log is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from dashboard.access import Visitor, visible_connections, visible_people
from dashboard.forms.styled import StyledForm
from dashboard.queries import AuditFilter, audit_actions


class AuditForm(StyledForm):
    """All of it may be left out."""

    actor = forms.ChoiceField(label="Who", required=False)
    connection = forms.ChoiceField(label="Connection", required=False)
    action = forms.ChoiceField(label="Action", required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, user: Visitor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(each.pk), each.username) for each in visible_people(user)]
        rows = visible_connections(user).order_by("name").values_list("pk", "name")
        kinds = audit_actions(user)
        groups = sorted({kind.partition(".")[0] for kind in kinds})
        self._choose("actor", people)
        self._choose("connection", [(str(pk), name) for pk, name in rows])
        self._choose(
            "action", [(each, f"{each}, all") for each in groups] + [(kind, kind) for kind in kinds]
        )

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "all"), *choices]

    @property
    def wanted(self) -> AuditFilter:
        """By days of UTC; the last one is in it."""
        given = self.cleaned_data
        until = given.get("until")
        return AuditFilter(
            actor=int(given["actor"]) if given.get("actor") else None,
            connection=int(given["connection"]) if given.get("connection") else None,
            action=given.get("action", ""),
            since=_midnight(given.get("since")),
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: Any) -> datetime | None:
    return datetime.combine(day, time(0), UTC) if day else None
