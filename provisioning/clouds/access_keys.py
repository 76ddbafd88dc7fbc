"""AWS access keys: long-lived ones of a user, or temporary ones with a session token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from provisioning.clouds.fields import AwsRegion, KeyId, MethodFields, secret_key
from provisioning.clouds.wrong import wrong
from provisioning.contracts import Credential


class AccessKeys(MethodFields):
    model_config = ConfigDict(title="Access keys")

    summary: ClassVar[str] = (
        "A user's key. It works until somebody deletes it, so it has to be renewed by hand."
    )
    keeps_secret: ClassVar[bool] = True
    part_of: ClassVar[Mapping[str, str]] = {"session_token": "access_key_id"}

    access_key_id: KeyId = Field(
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
    region: AwsRegion

    @field_validator("secret_access_key")
    @classmethod
    def _secret_is_whole(cls, secret: SecretStr) -> SecretStr:
        return secret_key(secret)

    @field_validator("session_token")
    @classmethod
    def _empty_token_is_none(cls, token: SecretStr | None) -> SecretStr | None:
        text = token.get_secret_value().strip() if token else ""
        return SecretStr(text) if text else None

    @model_validator(mode="after")
    def _token_fits_key(self) -> AccessKeys:
        if self.access_key_id.startswith("ASIA") and not self.session_token:
            raise wrong("A temporary key (ASIA…) needs its session token.")
        if self.access_key_id.startswith("AKIA") and self.session_token:
            raise wrong("A user's key (AKIA…) has no session token; leave it empty.")
        return self

    @classmethod
    def holds_secret(cls, credential: Credential) -> bool:
        return credential.reveal("session_token") is None

    @classmethod
    def ending(cls, credential: Credential) -> str:
        lasting = super().ending(credential)
        return lasting if cls.holds_secret(credential) else "by itself, hours after it was made"
