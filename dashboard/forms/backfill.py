"""The forms of a Backfill: what is looked for, and how it is started."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm
from dashboard.models import Backfill, Occurrence
from dashboard.services.backfills import MOST_AT_ONCE, MOST_PER_MINUTE
from provisioning.contracts import ParameterSpec

# How people call it: "logical_date", "ExecutionDate", "run-date", "ds".
LOOKS_LIKE = re.compile(r"(logical|execution|run|data|schedul\w*)[_-]?(date|time)|^ds$", re.I)


class BackfillForm(StyledForm):
    """What was ticked, how fast, and which parameter gets the logical date."""

    per_minute = forms.IntegerField(
        label="Starts in a minute", min_value=1, max_value=MOST_PER_MINUTE, initial=6
    )
    at_once = forms.IntegerField(
        label="Runs at once",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        help_text="The next one waits until one of so many has ended.",
    )
    date_parameter = forms.ChoiceField(label="Logical date to", required=False)
    date_form = forms.ChoiceField(
        label="Written as", choices=Backfill.DateForm.choices, initial=Backfill.DateForm.INSTANT
    )
    note = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(
        self,
        missing: Sequence[Occurrence],
        specs: Sequence[ParameterSpec],
        meant: str,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.missing = {row.pk: row for row in missing}
        field: Any = self.fields["date_parameter"]
        field.choices = [("", "no parameter"), *((one.name, one.name) for one in specs)]
        named_so = (one.name for one in specs if LOOKS_LIKE.search(one.name))
        field.initial = meant or next(named_so, "")
        if not specs:
            field.help_text = "A run of this pipeline takes no parameter, so it is not told one."
        else:
            field.help_text = "The run is given the time that its start was due at."

    def chosen(self, ticked: Sequence[str]) -> list[Occurrence]:
        ids = [int(each) for each in ticked if each.isdecimal()]
        return [self.missing[id] for id in ids if id in self.missing]
