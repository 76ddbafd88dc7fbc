"""Signing in, being welcomed, one's own account, and inviting others."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from dashboard import times
from dashboard.forms.styled import StyledForm, style
from dashboard.models import User
from dashboard.services import sign_ins

TOO_MANY = "too_many"
NEW_PASSWORD = {"autocomplete": "new-password"}


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The username or the password is not correct.",
        "inactive": "This account is deactivated. An admin can activate it again.",
    }

    def __init__(self, *args: Any, word: str, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.word, self.address = word, address
        for field in self.fields.values():
            style(field.widget)

    def clean(self) -> dict[str, Any]:
        """Checks the password, unless too many were wrong lately."""
        username, password = (self.cleaned_data.get(name) for name in ("username", "password"))
        if not username or not password:
            return self.cleaned_data
        source = sign_ins.source_of(username=username, word=self.word, address=self.address)
        try:
            attempt = sign_ins.begin(username=username, source=source)
        except sign_ins.TooManySignIns as error:
            raise forms.ValidationError(str(error), code=TOO_MANY) from None
        cleaned: dict[str, Any] = super().clean()
        sign_ins.succeeded(attempt)
        return cleaned


class NewPasswordForm(StyledForm):
    """A new password, typed twice. The service checks how strong it is."""

    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(NEW_PASSWORD),
        help_text="At least 10 characters, and not one of the common ones.",
    )
    again = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(NEW_PASSWORD)
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("The two passwords differ.")
        return again


class WelcomeForm(NewPasswordForm):
    field_order = ("username", "password", "again")
    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )


class ChangePasswordForm(NewPasswordForm):
    field_order = ("present", "password", "again")
    present = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].label = "New password"

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise forms.ValidationError("This is not your present password.")
        return present


class ZoneForm(StyledForm):
    timezone = forms.ChoiceField(label="My time zone", choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["timezone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name.replace("_", " ")) for name in times.zone_names()]


class TokenForm(StyledForm):
    name = forms.CharField(
        label="What it is for", max_length=80, help_text="For example: nightly export."
    )


class InviteForm(StyledForm):
    username = forms.CharField(label="Username", max_length=150)
    email = forms.EmailField(label="Email")
    role = forms.ChoiceField(
        label="Role",
        choices=User.Role.choices,
        initial=User.Role.MEMBER,
        help_text="Members do everything but look after connections and people; admins do all.",
    )
