"""A key of a Google service account, as the JSON file has it that Google gives once.

Such files come in other types too, some of which name a program to run or an address to ask
for a token. Only a service account's key is taken, and of it only what signs.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from provisioning.clouds.fields import EMAIL, PROJECT, GoogleRegion, MethodFields, ProjectId
from provisioning.clouds.wrong import wrong

PRIVATE_KEY = re.compile(
    r"-----BEGIN (RSA )?PRIVATE KEY-----\s[A-Za-z0-9+/=\s]+-----END (RSA )?PRIVATE KEY-----\s*"
)
TOKEN_ADDRESSES = (
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
)
# A key that the sandbox gave out names the sandbox, on loopback.
SANDBOX_ADDRESS = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?/oauth2/token")
KEPT = ("type", "project_id", "private_key_id", "private_key", "client_email", "client_id")

_SIGN_IN = "This is a person's own sign-in, not the key of a service account."
_POINTS_ELSEWHERE = (
    "This file only says where to fetch a credential, or which program to run for one. Here "
    "goes the key of a service account, and nothing else."
)
OTHER_TYPES = {
    "authorized_user": _SIGN_IN,
    "external_account_authorized_user": _SIGN_IN,
    "external_account": _POINTS_ELSEWHERE,
    "impersonated_service_account": _POINTS_ELSEWHERE,
}


class KeyFields(MethodFields):
    """The key that both methods have which sign with one."""

    service_account_key: SecretStr = Field(
        title="Key, in JSON",
        description="All that is in the file that Google gives when a key of a service account "
        "is made.",
        json_schema_extra={"contentMediaType": "application/json"},  # many lines, for forms
    )

    @field_validator("service_account_key")
    @classmethod
    def _key_is_one(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        sandbox = bool((info.context or {}).get("sandbox"))
        return SecretStr(json.dumps(_checked(secret.get_secret_value(), sandbox=sandbox)))


class ServiceAccountKey(KeyFields):
    model_config = ConfigDict(title="Service account key")

    summary: ClassVar[str] = (
        "A service account's key file. It works until somebody deletes the key, so it has to be "
        "renewed by hand; what operations get of it ends within the hour."
    )
    keeps_secret: ClassVar[bool] = True

    project: ProjectId = Field(
        default="",
        title="Project ID",
        description="Pipelines of this connection are deployed in it. Empty: the service "
        "account's own project.",
        examples=["my-project"],
    )
    region: GoogleRegion

    @model_validator(mode="after")
    def _project_is_known(self) -> ServiceAccountKey:
        own = str(json.loads(self.service_account_key.get_secret_value())["project_id"])
        return self if self.project else self.model_copy(update={"project": own})


def _checked(text: str, *, sandbox: bool) -> dict[str, Any]:
    """What is kept of the file. Nothing of it is repeated in what is said about it."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise wrong("This is not the JSON of a key: copy the whole file, braces included.")
    kind = found.get("type")
    if isinstance(kind, str) and kind in OTHER_TYPES:
        raise wrong(OTHER_TYPES[kind])
    if kind != "service_account":
        raise wrong("This is not the key of a service account: its type is another.")
    if not _is_token_address(found.get("token_uri"), sandbox=sandbox):
        raise wrong("The key's token_uri is not Google's; it would be sent a signed request.")
    if found.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise wrong("This key is for another cloud than Google's own (universe_domain).")
    _require(found, "client_email", EMAIL)
    _require(found, "private_key", PRIVATE_KEY)
    _require(found, "project_id", PROJECT)
    return {name: str(found[name]) for name in KEPT if name in found}


def _is_token_address(address: object, *, sandbox: bool) -> bool:
    if address in TOKEN_ADDRESSES:
        return True
    return sandbox and bool(SANDBOX_ADDRESS.fullmatch(str(address)))


def _require(found: dict[str, Any], name: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(str(found.get(name, ""))):
        raise wrong(f"The key's {name} is missing or cut off; copy the whole file.")
