"""Confirming by typing a name what cannot be undone."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm


class TypeNameForm(StyledForm):
    name = forms.CharField(
        label="Name of the pipeline",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].help_text = f"Type {expected} to confirm."

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self.expected:
            raise forms.ValidationError(f"This is not the pipeline's name, {self.expected}.")
        return name
