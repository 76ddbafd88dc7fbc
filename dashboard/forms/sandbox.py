"""The forms of the sandbox console: a sample object, a sample event, a fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm
from dashboard.models import Pipeline

MONO = {"class": "form-control mono", "spellcheck": "false", "autocomplete": "off"}
FAULTS = (
    ("fail_step", "Fail a step"),
    ("drop_firing", "Drop a firing"),
    ("throttle", "Throttle calls"),
    ("delay", "Delay calls and firings"),
    ("refuse", "Refuse calls"),
    ("away", "Be away"),
    ("skew", "Skew the clock"),
)
CLOUDS = (("aws", "AWS"), ("azure", "Azure"), ("google", "Google Cloud"))


class _ForPipeline(StyledForm):
    """The console has two of them on one page: their fields need ids of their own."""

    ids = ""
    pipeline = forms.TypedChoiceField(label="Pipeline", coerce=int)

    def __init__(self, pipelines: Sequence[Pipeline], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=self.ids, **kwargs)
        choices = [(one.pk, one.name) for one in pipelines]
        self.fields["pipeline"].choices = choices  # type: ignore[attr-defined]


class ObjectForm(StyledForm):
    """A file that is dropped, or text that is typed."""

    key = forms.CharField(
        label="Key",
        max_length=1024,
        required=False,
        help_text="Folders and all. Empty: the file's own name.",
        widget=forms.TextInput({**MONO, "placeholder": "data/x.csv"}),
    )
    file = forms.FileField(label="File", required=False)
    content = forms.CharField(
        label="or content",
        required=False,
        strip=False,
        widget=forms.Textarea({**MONO, "rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("key") and not given.get("file"):
            self.add_error("key", "Give a key, or choose a file.")
        return given

    @property
    def sample(self) -> tuple[str, bytes]:
        """Key and content. A key that ends in a slash is the file's folder."""
        file = self.cleaned_data.get("file")
        key = self.cleaned_data.get("key") or ""
        if file and (not key or key.endswith("/")):
            key += file.name
        body = file.read() if file else self.cleaned_data["content"].encode()
        return key, body


class SandboxObjectForm(_ForPipeline, ObjectForm):
    ids = "object_%s"
    field_order = ("pipeline", "key", "file", "content")


class EventForm(StyledForm):
    source = forms.CharField(label="Source", max_length=256, widget=forms.TextInput(MONO))
    type = forms.CharField(label="Type", max_length=128, widget=forms.TextInput(MONO))
    detail = forms.CharField(
        label="Detail",
        required=False,
        help_text="A JSON object.",
        widget=forms.Textarea({**MONO, "rows": 3}),
    )

    def clean_detail(self) -> dict[str, Any]:
        try:
            detail = json.loads(self.cleaned_data["detail"] or "{}")
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from error
        if not isinstance(detail, dict):
            raise forms.ValidationError("The detail of an event is a JSON object.")
        return detail


class SandboxEventForm(_ForPipeline, EventForm):
    ids = "event_%s"
    field_order = ("pipeline", "source", "type", "detail")


class FaultForm(StyledForm):
    kind = forms.ChoiceField(label="What goes wrong", choices=FAULTS)
    cloud = forms.ChoiceField(label="On", choices=CLOUDS)
    match = forms.CharField(
        label="Where",
        initial="*",
        max_length=256,
        help_text="Name of a step, trigger or operation; * and ? fit any characters.",
        widget=forms.TextInput(MONO),
    )
    count = forms.IntegerField(
        label="How often", required=False, min_value=1, initial=1, help_text="Empty: until removed."
    )
    seconds = forms.FloatField(
        label="Seconds",
        required=False,
        min_value=-86_400,
        help_text="Of a delay, or of a clock that is ahead (behind: negative).",
    )
    message = forms.CharField(
        label="In the cloud's words", required=False, max_length=500, widget=forms.TextInput()
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") != "skew" and (given.get("seconds") or 0) < 0:
            self.add_error("seconds", "Give 0 seconds or more.")
        return given

    @property
    def fault(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: value for name, value in given.items() if value not in (None, "")}
