"""Connections: the fields come from the cloud's own credential model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms

from dashboard.forms.styled import StyledForm
from dashboard.services.connections import SANDBOX_NAMES
from provisioning import clouds
from provisioning.clouds.methods import CLOUD_NAMES, method_of
from provisioning.clouds.pasting import EXPECTED, PASTE
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput

KEEP = "Leave empty to keep the stored one."
LEVELS = (
    ("deploy", "Deploy: create, change and destroy pipelines, and all below"),
    ("run", "Run: start and stop runs, pause and resume schedules, and all below"),
    ("observe", "Observe: see what exists there and its runs, change nothing"),
)


@dataclass(frozen=True)
class Way:
    """A way to enter a cloud, and what it asks for."""

    method: str
    title: str
    asks: tuple[str, ...]
    why: str  # in a sentence or two, for who chooses
    keeps_secret: bool
    last: bool  # of its cloud: the one to take where nothing else can be had


@dataclass(frozen=True)
class Ways:
    cloud: Cloud
    name: str
    methods: tuple[Way, ...]


def ways() -> tuple[Ways, ...]:
    """Every cloud with the ways to enter it, as the clouds' room lists them."""
    return tuple(
        Ways(cloud, name, tuple(_way(cloud, *each) for each in clouds.methods_of(cloud).items()))
        for cloud, name in CLOUD_NAMES.items()
    )


def way_of(cloud: str, method: str) -> tuple[Ways, Way] | None:
    """None where there is no such cloud, or it cannot be entered so."""
    return next(
        ((each, way) for each in ways() for way in each.methods
         if (each.cloud.value, way.method) == (cloud, method)),
        None,
    )  # fmt: skip


def _way(cloud: Cloud, method: str, title: str) -> Way:
    fields = clouds.credential_schema(cloud, method)["properties"].values()
    about = method_of(cloud, method)
    last = method == list(clouds.methods_of(cloud))[-1]
    asks = tuple(each["title"] for each in fields)
    return Way(method, title, asks, about.summary, about.keeps_secret, last)


class ApprovalField(forms.BooleanField):
    def __init__(self) -> None:
        super().__init__(
            label="Deployments need approval",
            required=False,
            help_text="Deploying and destroying shows first what it would do. It goes on once "
            "somebody else than who asked for it has approved.",
        )


class SecretText(forms.Textarea):
    """A secret of many lines. What was typed is never sent back."""

    def format_value(self, value: Any) -> None:
        return None


class PasteField(forms.CharField):
    """Written only. With scripts it is split in the browser and never sent."""

    def __init__(self, cloud: Cloud) -> None:
        attributes = {
            "class": "form-control mono", "rows": 3, "autocomplete": "off",
            "spellcheck": "false", "data-paste": cloud.value,
        }  # fmt: skip
        super().__init__(
            label="Paste",
            required=False,
            widget=SecretText(attributes),
            help_text=f"Split into the fields below: {EXPECTED[cloud]}.",
        )


class EndsField(forms.DateField):
    """The last day of a credential, where the cloud knows it and the credential does not say it."""

    def __init__(self, *, stored: bool) -> None:
        keep = " Leave empty to keep the day that is stored." if stored else ""
        super().__init__(
            label="Ends on",
            required=False,
            widget=forms.DateInput({"type": "date", "class": "form-control"}),
            help_text="If the cloud ends it by itself, the last day. You are reminded 30, 7 and 1 "
            f"days before.{keep}",
        )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day < datetime.now(UTC).date():
            raise forms.ValidationError("This day is over.", code="over")
        return day


class ConnectionForm(StyledForm):
    """A Connection to a real account. Secret fields are write-only: they are never filled in."""

    # A browser without scripts must not insist on fields that the pasted text has.
    use_required_attribute = False

    name = forms.CharField(
        label="Name", max_length=80, help_text="As people will choose it, for example: prod-eu."
    )
    level = forms.ChoiceField(label="May be used to", choices=LEVELS, initial="deploy")
    approval_required = ApprovalField()

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        cloud: Cloud,
        method: str,
        stored: bool = False,
        sandbox: bool = False,
        **kwargs: Any,
    ) -> None:
        self.refused_paste = ""
        if data and data.get(PASTE, "").strip():
            data = self._unpasted(data.copy(), cloud, method, sandbox=sandbox)
        super().__init__(data, *args, **kwargs)
        self.stored = stored
        self.fields[PASTE] = PasteField(cloud)
        about = method_of(cloud, method)
        schema = clouds.credential_schema(cloud, method)
        self.credential_names = tuple(self._add_fields(schema, about.secrets))
        if about.keeps_secret and not about.tells_its_end:
            self.fields["expires_on"] = EndsField(stored=stored)

    def _unpasted(self, data: Any, cloud: Cloud, method: str, *, sandbox: bool) -> Any:
        """As if each field had been typed. What was typed beside it stands."""
        try:
            found = clouds.split(cloud, method, data[PASTE], sandbox=sandbox)
        except InvalidInput as refused:
            self.refused_paste = str(refused)
            return data
        for name, value in found.items():
            if not data.get(name, "").strip():
                data[name] = value
        return data

    def clean(self) -> dict[str, Any]:
        if self.refused_paste:
            self.add_error(PASTE, self.refused_paste)
        return self.cleaned_data

    def _add_fields(self, schema: dict[str, Any], secrets: frozenset[str]) -> list[str]:
        # Of a text that was refused that is said alone, not also that its fields are missing.
        kept = self.stored or self.refused_paste
        required = () if kept else schema.get("required", ())
        for name, about in schema["properties"].items():
            self.fields[name] = _field(
                about, required=name in required, stored=self.stored, secret=name in secrets
            )
        return list(schema["properties"])

    @property
    def credential_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.credential_names]

    @property
    def credential(self) -> dict[str, str] | None:
        """What was typed, or None where all was left empty to keep what is stored."""
        typed = {name: self.cleaned_data[name] for name in self.credential_names}
        given = {name: value for name, value in typed.items() if value}
        return None if self.stored and not given else given

    @property
    def ends(self) -> datetime | None:
        """The last moment of the day that was typed."""
        day = self.cleaned_data.get("expires_on")
        return datetime.combine(day, time(23, 59, 59), UTC) if day else None


class SandboxForm(StyledForm):
    name = forms.CharField(label="Name", max_length=80)
    cloud = forms.ChoiceField(
        label="Cloud",
        choices=[(cloud, CLOUD_NAMES[cloud]) for cloud in SANDBOX_NAMES],
    )
    approval_required = ApprovalField()


class EditSandboxForm(StyledForm):
    """A sandbox Connection has no credential that a person could change."""

    name = forms.CharField(label="Name", max_length=80)
    level = forms.ChoiceField(label="May be used to", choices=LEVELS)
    approval_required = ApprovalField()


def _field(about: dict[str, Any], *, required: bool, stored: bool, secret: bool) -> forms.Field:
    attributes: dict[str, Any] = {
        "class": "form-control mono",
        "autocomplete": "off",
        "spellcheck": "false",
        "placeholder": KEEP if stored else str((about.get("examples") or [""])[0]),
    }
    widget: forms.Widget = forms.TextInput(attributes)
    if secret:
        # A key file in JSON has many lines, which an input of one line would join.
        lines = "contentMediaType" in about
        widget = SecretText(attributes | {"rows": 8}) if lines else forms.PasswordInput(attributes)
    return forms.CharField(
        label=about["title"],
        help_text=about.get("description", ""),
        required=required,
        widget=widget,
    )
