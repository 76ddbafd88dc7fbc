"""Rotating a Connection's credential: the fields of a method, and when the new one ends."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from dashboard.forms.connections import ConnectionForm
from dashboard.forms.styled import style
from dashboard.models import Connection
from provisioning.contracts import Cloud


class RotateForm(ConnectionForm):
    """Knows which credential was in use when the page was made, so that of two people who rotate
    at once the later one is told."""

    expires_on = forms.DateField(
        label="Ends on",
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text="If the cloud ends it by itself. You are reminded 30, 7 and 1 days before. A "
        "certificate says so itself.",
    )
    rotation = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, connection: Connection, method: str, **kwargs: Any) -> None:
        initial = {"rotation": connection.rotation}
        cloud = Cloud(connection.cloud)
        super().__init__(*args, cloud=cloud, method=method, initial=initial, **kwargs)
        for name in ("name", "level", "approval_required"):
            del self.fields[name]
        for field in self.fields.values():
            style(field.widget)

    @property
    def ends(self) -> datetime | None:
        """The last moment of that day."""
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time(23, 59, 59), UTC) if day else None
