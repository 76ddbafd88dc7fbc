"""A key of a Google service account, as the JSON file has it that Google gives once.

Such files come in other types too, some of which name a program to run or an address to ask
for a token. Only a service account's key is taken, and of it only what signs.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from provisioning.clouds.regions import GOOGLE_REGIONS
from provisioning.clouds.wrong import wrong

# https://cloud.google.com/resource-manager/docs/creating-managing-projects
PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
EMAIL = re.compile(r"[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com")
PRIVATE_KEY = re.compile(
    r"-----BEGIN (RSA )?PRIVATE KEY-----\s[A-Za-z0-9+/=\s]+-----END (RSA )?PRIVATE KEY-----\s*"
)
TOKEN_ADDRESSES = (
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
)
KEPT = ("type", "project_id", "private_key_id", "private_key", "client_email", "client_id")

_SIGN_IN = "This is a person's own sign-in, not the key of a service account."
_POINTS_ELSEWHERE = (
    "This file only says where to fetch a credential, or which program to run for one. Skyclock "
    "takes the key of a service account, and nothing else."
)
OTHER_TYPES = {
    "authorized_user": _SIGN_IN,
    "external_account_authorized_user": _SIGN_IN,
    "external_account": _POINTS_ELSEWHERE,
    "impersonated_service_account": _POINTS_ELSEWHERE,
}


class ServiceAccountKey(BaseModel):
    model_config = ConfigDict(
        title="Service account key", extra="forbid", frozen=True, str_strip_whitespace=True
    )

    service_account_key: SecretStr = Field(
        title="Key, in JSON",
        description="All that is in the file that Google gives when a key of a service account "
        "is made.",
        json_schema_extra={"contentMediaType": "application/json"},  # many lines, for forms
    )
    project: str = Field(
        default="",
        title="Project ID",
        description="Pipelines of this connection are deployed in it. Empty: the service "
        "account's own project.",
        examples=["my-project"],
    )
    region: str = Field(
        title="Region",
        description="Where pipelines of this connection are deployed.",
        examples=["europe-west1"],
    )

    @field_validator("service_account_key")
    @classmethod
    def _key_is_one(cls, secret: SecretStr) -> SecretStr:
        return SecretStr(json.dumps(_checked(secret.get_secret_value())))

    @field_validator("project")
    @classmethod
    def _project_is_one(cls, value: str) -> str:
        if value.isdigit():
            raise wrong("This is a project's number; its ID goes here, which begins with a letter.")
        if value and not PROJECT.fullmatch(value):
            raise wrong(
                "A project's ID has 6 to 30 small letters, digits and hyphens, and begins with a "
                "letter. It is not the project's name."
            )
        return value

    @field_validator("region")
    @classmethod
    def _region_exists(cls, value: str) -> str:
        if value not in GOOGLE_REGIONS:
            near = get_close_matches(value, GOOGLE_REGIONS, n=1)
            hint = f" Did you mean {near[0]}?" if near else " Example: europe-west1."
            raise wrong(f"Google Cloud has no region of this name.{hint}")
        return value

    @model_validator(mode="after")
    def _project_is_known(self) -> ServiceAccountKey:
        own = str(json.loads(self.service_account_key.get_secret_value())["project_id"])
        return self if self.project else self.model_copy(update={"project": own})


def _checked(text: str) -> dict[str, Any]:
    """What is kept of the file. Nothing of it is repeated in what is said about it."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise wrong("This is not the JSON of a key: copy the whole file, braces included.")
    kind = found.get("type")
    if kind in OTHER_TYPES:
        raise wrong(OTHER_TYPES[kind])
    if kind != "service_account":
        raise wrong("This is not the key of a service account: its type is another.")
    if found.get("token_uri") not in TOKEN_ADDRESSES:
        raise wrong("The key's token_uri is not Google's; it would be sent a signed request.")
    if found.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise wrong("This key is for another cloud than Google's own (universe_domain).")
    _require(found, "client_email", EMAIL)
    _require(found, "private_key", PRIVATE_KEY)
    _require(found, "project_id", PROJECT)
    return {name: str(found[name]) for name in KEPT if name in found}


def _require(found: dict[str, Any], name: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(str(found.get(name, ""))):
        raise wrong(f"The key's {name} is missing or cut off; copy the whole file.")
