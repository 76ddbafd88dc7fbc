"""Confirming by its name that a Ghost is deleted in the cloud."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm


class RemoveGhostForm(StyledForm):
    confirm = forms.CharField(
        label="Its name",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].help_text = f"Type {expected} to confirm."
