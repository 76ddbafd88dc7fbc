"""The form of a Maintenance: of what, why, from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from dashboard.forms.styled import StyledForm
from dashboard.models import Connection, Pipeline
from provisioning.schedules.schedule import OUT_OF_YEARS, YEARS

LOCAL = {"type": "datetime-local"}


class MaintenanceForm(StyledForm):
    """Times are typed in the reader's own zone, which stands beside them, and count by the
    Connection's clock, which a sandbox may have ahead."""

    reason = forms.CharField(
        label="Why", max_length=200, widget=forms.TextInput({"placeholder": "Move of the database"})
    )
    scope = forms.ChoiceField(label="Of", choices=[])
    pipelines = forms.TypedMultipleChoiceField(
        label="Pipelines",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    since = forms.CharField(label="From", required=False, widget=forms.DateTimeInput(LOCAL))
    until = forms.CharField(label="Until", required=False, widget=forms.DateTimeInput(LOCAL))

    def __init__(
        self,
        connections: Sequence[Connection],
        pipelines: Sequence[Pipeline],
        zone: ZoneInfo,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.connections = {row.pk: row for row in connections}
        self.rows = {row.pk: row for row in pipelines}
        self.zone = zone
        everything = [(str(row.pk), f"All of {row.name}") for row in connections]
        fields: Any = self.fields
        fields["scope"].choices = [*everything, ("chosen", "Chosen pipelines")]
        fields["pipelines"].choices = [(row.pk, _named(row)) for row in pipelines]
        whose = f"In {zone.key}, by the connection's clock."
        fields["since"].help_text = f"{whose} Empty: now."
        fields["until"].help_text = f"{whose} Empty: until somebody ends it."

    def clean_since(self) -> datetime | None:
        return self._moment("since")

    def clean_until(self) -> datetime | None:
        return self._moment("until")

    def _moment(self, name: str) -> datetime | None:
        text = self.cleaned_data[name]
        try:
            moment = datetime.fromisoformat(text) if text else None
            if moment and moment.year not in YEARS:
                raise forms.ValidationError(OUT_OF_YEARS)
        except ValueError as error:
            message = "Write a date and time as 2026-11-23 06:00."
            raise forms.ValidationError(message) from error
        if moment is None:
            return None
        local = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        return local.astimezone(UTC)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("scope") == "chosen" and not given.get("pipelines"):
            self.add_error("pipelines", "Choose at least one pipeline.")
        return given

    @property
    def connection(self) -> Connection | None:
        scope = self.cleaned_data["scope"]
        return None if scope == "chosen" else self.connections[int(scope)]

    @property
    def chosen(self) -> list[Pipeline]:
        """Those that are ticked; of a Connection none has to be."""
        if self.connection:
            return []
        return [self.rows[id] for id in self.cleaned_data["pipelines"]]

    @property
    def covered(self) -> list[Pipeline]:
        if connection := self.connection:
            return [row for row in self.rows.values() if row.connection_id == connection.pk]
        return self.chosen


def _named(pipeline: Pipeline) -> str:
    return f"{pipeline.name} ({pipeline.connection.name})"
