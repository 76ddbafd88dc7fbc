"""Django forms in the look of the pages, which show the Problems that services raise."""

from __future__ import annotations

from typing import Any

from django import forms

from provisioning.errors import InvalidInput


class StyledForm(forms.Form):
    """A form whose inputs carry Tabler's classes and name their hints and errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style(field.widget)

    def show(self, error: InvalidInput) -> None:
        """Put each Problem at its field; those of fields not on the page stand on top."""
        for problem in error.problems:
            self.add_error(self._place(problem.field), problem.message)

    def _place(self, path: str) -> str | None:
        name = path.rpartition(".")[2]
        return name if name in self.fields else None


def style(widget: forms.Widget) -> None:
    if isinstance(widget, forms.Select):
        widget.attrs.setdefault("class", "form-select")
    elif isinstance(widget, forms.CheckboxInput | forms.RadioSelect):
        widget.attrs.setdefault("class", "form-check-input")
    else:
        widget.attrs.setdefault("class", "form-control")
