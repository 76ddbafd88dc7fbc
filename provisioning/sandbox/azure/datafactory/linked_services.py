"""Linked services: what is secret in them is kept, but never told again."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.documents import Document
from provisioning.sandbox.azure.datafactory.forms import LINKED_SERVICE
from provisioning.sandbox.azure.datafactory.types import Family
from provisioning.sandbox.azure.forms import Form

MASK = "**********"
_IN_TEXT = re.compile(
    r"(?i)((?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=)[^;]*"
)


class LinkedServices(Document):
    template = "factories/{}/linkedservices/{}"
    label = "LinkedServices"
    what = "linked service"
    family: ClassVar[Family | None] = "linkedServices"

    @property
    def form(self) -> Form:
        return LINKED_SERVICE

    def check(self, draft: Resource, before: Resource | None) -> None:
        """Take the secrets out; one that comes back masked is the one that was there."""
        kept = before.secrets if before else {}
        found: dict[str, str] = {}
        draft.properties["typeProperties"] = _taken(
            draft.properties.get("typeProperties") or {}, (), found, kept
        )
        draft.secrets = found


def opened(service: Resource) -> dict[str, Any]:
    """The type properties with their secrets, for the sandbox's own use."""
    shown = service.properties.get("typeProperties") or {}
    return {name: _opened(value, (name,), service.secrets) for name, value in shown.items()}


def _taken(value: Any, at: tuple[str, ...], found: dict[str, str], kept: dict[str, str]) -> Any:
    place = ".".join(at)
    if isinstance(value, dict) and value.get("type") == "SecureString":
        secret = str(value.get("value", ""))
        found[place] = kept.get(place, "") if secret == MASK else secret
        return {"type": "SecureString", "value": MASK}
    if isinstance(value, dict):
        return {name: _taken(each, (*at, name), found, kept) for name, each in value.items()}
    if isinstance(value, str) and _IN_TEXT.search(value):
        masked = _IN_TEXT.sub(rf"\g<1>{MASK}", value)
        found[place] = kept.get(place, "") if value == masked else value
        return masked
    return value


def _opened(value: Any, at: tuple[str, ...], secrets: dict[str, str]) -> Any:
    place = ".".join(at)
    if place in secrets:
        return secrets[place]
    if isinstance(value, dict):
        return {name: _opened(each, (*at, name), secrets) for name, each in value.items()}
    return value
