"""The passphrase that a take-out's secrets are put under."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm


class TakeOutForm(StyledForm):
    passphrase = forms.CharField(
        label="Passphrase",
        help_text="Your own, of at least 10 characters. It opens the secrets in the state, and "
        "Skyclock does not keep it.",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        both = [found.get(name) for name in ("passphrase", "again")]
        if all(both) and both[0] != both[1]:
            self.add_error("again", "These are two different passphrases.")
        return found
