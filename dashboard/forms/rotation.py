"""Rotating a Connection's credential: all fields of a method, entered anew."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.connections import ConnectionForm
from dashboard.models import Connection
from provisioning.contracts import Cloud


class RotateForm(ConnectionForm):
    """Knows which credential was in use when the page was made, so that of two people who rotate
    at once the later one is told."""

    rotation = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, connection: Connection, method: str, **kwargs: Any) -> None:
        initial = {"rotation": connection.rotation}
        cloud = Cloud(connection.cloud)
        super().__init__(
            *args,
            cloud=cloud,
            method=method,
            sandbox=connection.sandbox,
            initial=initial,
            **kwargs,
        )
        for name in ("name", "level", "approval_required"):
            del self.fields[name]
