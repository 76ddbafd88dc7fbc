"""The parameters that a run can be started with; the Blueprint says which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm
from provisioning.contracts import ParameterSpec

PREFIX = "parameter-"  # so that no parameter's name meets a field of the page


class RunNowForm(StyledForm):
    # An empty form is valid: it starts a run with the defaults.
    started = forms.CharField(widget=forms.HiddenInput, initial="yes")

    def __init__(self, specs: Sequence[ParameterSpec], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for spec in specs:
            self.fields[PREFIX + spec.name] = field = _field(spec)
            css = "form-select" if spec.choices or spec.kind == "boolean" else "form-control mono"
            field.widget.attrs["class"] = css

    @property
    def parameters(self) -> dict[str, str]:
        """What was typed; what was left empty keeps the default of the deployed definition."""
        typed = {
            name.removeprefix(PREFIX): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }
        return {name: value for name, value in typed.items() if value}

    @property
    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def _place(self, path: str) -> str | None:
        name = PREFIX + path.removeprefix("parameters.")
        return name if name in self.fields else None


def _field(spec: ParameterSpec) -> forms.Field:
    choices = ("true", "false") if spec.kind == "boolean" else spec.choices
    about: dict[str, Any] = {
        "label": spec.name,
        "required": spec.default is None,
        "initial": spec.default,
    }
    if choices:
        return forms.ChoiceField(choices=[(one, one) for one in choices], **about)
    return forms.CharField(help_text=HINTS.get(spec.kind, ""), **about)


HINTS = {"integer": "A whole number.", "float": "A number."}
