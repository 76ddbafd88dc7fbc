"""AWS access keys: long-lived ones of a user, or temporary ones with a session token."""

from __future__ import annotations

import re
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from provisioning.clouds.regions import aws_regions
from provisioning.clouds.wrong import wrong

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
KEY_ID = re.compile(r"(AKIA|ASIA)[A-Z0-9]{12,124}")


class AccessKeys(BaseModel):
    model_config = ConfigDict(
        title="Access keys", extra="forbid", frozen=True, str_strip_whitespace=True
    )

    access_key_id: str = Field(
        title="Access key ID",
        description="Starts with AKIA (a user's key) or ASIA (a temporary key).",
        examples=["AKIAIOSFODNN7EXAMPLE"],
    )
    secret_access_key: SecretStr = Field(
        title="Secret access key", description="Shown by AWS once, when the key is made."
    )
    session_token: SecretStr | None = Field(
        default=None,
        title="Session token",
        description="Only for temporary keys. They end on their own, after hours.",
    )
    region: str = Field(
        title="Region",
        description="Where pipelines of this connection are deployed.",
        examples=["eu-west-1"],
    )

    @field_validator("access_key_id")
    @classmethod
    def _key_id_is_one(cls, value: str) -> str:
        if not KEY_ID.fullmatch(value):
            raise wrong(
                "An access key ID starts with AKIA or ASIA, followed by capital letters and "
                "digits; 20 characters in all."
            )
        return value

    @field_validator("secret_access_key")
    @classmethod
    def _secret_is_whole(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value().strip()
        if KEY_ID.fullmatch(text):
            raise wrong("This is an access key ID; the secret access key goes here.")
        if len(text) < 16 or re.search(r"\s", text):
            raise wrong("A secret access key is one word of 40 characters; this is not all of it.")
        return SecretStr(text)

    @field_validator("session_token")
    @classmethod
    def _empty_token_is_none(cls, token: SecretStr | None) -> SecretStr | None:
        text = token.get_secret_value().strip() if token else ""
        return SecretStr(text) if text else None

    @field_validator("region")
    @classmethod
    def _region_exists(cls, value: str) -> str:
        if value not in aws_regions():
            near = get_close_matches(value, aws_regions(), n=1)
            hint = f" Did you mean {near[0]}?" if near else " Example: eu-west-1."
            raise wrong(f"AWS has no region of this name.{hint}")
        return value

    @model_validator(mode="after")
    def _token_fits_key(self) -> AccessKeys:
        if self.access_key_id.startswith("ASIA") and not self.session_token:
            raise wrong("A temporary key (ASIA…) needs its session token.")
        if self.access_key_id.startswith("AKIA") and self.session_token:
            raise wrong("A user's key (AKIA…) has no session token; leave it empty.")
        return self
