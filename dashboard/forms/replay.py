"""The window of events that is to be delivered once more."""

from __future__ import annotations

from django import forms

from dashboard.forms.styled import StyledForm

LOCAL = {"type": "datetime-local", "step": "1", "class": "form-control"}


class ReplayForm(StyledForm):
    since = forms.DateTimeField(
        label="From", help_text="In UTC.", widget=forms.DateTimeInput(LOCAL, "%Y-%m-%dT%H:%M:%S")
    )
    until = forms.DateTimeField(
        label="Before", help_text="In UTC.", widget=forms.DateTimeInput(LOCAL, "%Y-%m-%dT%H:%M:%S")
    )
    again = forms.BooleanField(
        label="Do again what was done for these events, training included",
        required=False,
    )
