"""Forms of the Drift tab, and of a Pipeline's Lifetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone

from dashboard.forms.styled import StyledForm
from dashboard.models import DriftWatch, Lifetime, Pipeline

DEFAULT = ""
EVERY = {0: "Never", 1: "Every hour", 6: "Every 6 hours", 12: "Every 12 hours", 24: "Every day",
         168: "Every week"}  # fmt: skip
LIVES = {"3": "3 days", "7": "7 days", "30": "30 days"}


def every(hours: int) -> str:
    return EVERY.get(hours) or f"Every {hours} hours"


class DriftChecksForm(StyledForm):
    every_hours = forms.ChoiceField(label="Checks", required=False)

    def __init__(self, watch: DriftWatch, *args: Any, **kwargs: Any) -> None:
        present = watch.every_hours
        kwargs["initial"] = {"every_hours": DEFAULT if present is None else str(present)}
        super().__init__(*args, **kwargs)
        usual = every(settings.DRIFT_CHECK_HOURS).lower()
        own = sorted({*EVERY, *([present] if present is not None else [])})
        fields: Any = self.fields
        fields["every_hours"].choices = [
            (DEFAULT, f"As usual here: {usual}"),
            *((str(hours), every(hours)) for hours in own),
        ]

    @property
    def hours(self) -> int | None:
        chosen = self.cleaned_data["every_hours"]
        return int(chosen) if chosen else None


class LifetimeForm(StyledForm):
    """An end is a moment in the reader's zone, or so many days from now."""

    after = forms.ChoiceField(label="Destroy after", required=False)
    ends_at = forms.CharField(
        label="Or on", required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    confirm = forms.CharField(
        label="Name of the pipeline",
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self,
        pipeline: Pipeline,
        lifetime: Lifetime | None,
        zone: ZoneInfo,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        fields: Any = self.fields
        fields["after"].choices = [("", "Choose a day and time below"), *LIVES.items()]
        fields["ends_at"].help_text = f"In {zone.key}."
        later = " A later end than the present one needs no name." if lifetime else ""
        fields["confirm"].help_text = f"Type {pipeline.name} to confirm.{later}"
        fields["confirm"].required = lifetime is None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("after"):
            given["end"] = timezone.now() + timedelta(days=int(given["after"]))
            return given
        try:
            moment = datetime.fromisoformat(given.get("ends_at") or "")
        except ValueError:
            self.add_error("ends_at", "Write a date and time as 2026-12-01 18:00.")
            return given
        local = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        given["end"] = local.astimezone(UTC)
        return given
