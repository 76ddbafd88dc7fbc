"""A role of AWS that Skyclock takes on with an external ID: temporary keys for each operation."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from provisioning.clouds import aws_base
from provisioning.clouds.fields import (
    AwsRegion,
    KeyId,
    MethodFields,
    RoleArn,
    none_if_empty,
    secret_key,
)
from provisioning.clouds.wrong import at, wrong
from provisioning.contracts import Credential

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


class Role(MethodFields):
    model_config = ConfigDict(title="Role with an external ID")

    summary: ClassVar[str] = (
        "Takes on a role in the account and gets keys that end within the hour. The external ID "
        "keeps others from having Skyclock take it on for them."
    )
    keeps_secret: ClassVar[bool] = True

    role_arn: RoleArn
    external_id: str = Field(
        title="External ID",
        description="The role's trust policy asks for exactly this one (sts:ExternalId). It is no "
        "secret.",
        examples=["skyclock-4f6d1c"],
    )
    region: AwsRegion
    access_key_id: Annotated[KeyId | None, BeforeValidator(none_if_empty)] = Field(
        default=None,
        title="Base access key ID",
        description="Of the user that takes on the role; it needs sts:AssumeRole for it and "
        "nothing else. Empty: this machine's own identity, where that is allowed.",
        examples=["AKIAIOSFODNN7EXAMPLE"],
    )
    secret_access_key: Annotated[SecretStr | None, BeforeValidator(none_if_empty)] = Field(
        default=None, title="Base secret access key", description="Belongs to the base key ID."
    )

    @field_validator("external_id")
    @classmethod
    def _external_id_is_one(cls, value: str) -> str:
        if not EXTERNAL_ID.fullmatch(value):
            raise wrong(
                "An external ID has 2 to 1224 letters, digits and any of + = , . @ : / - _."
            )
        return value

    @field_validator("access_key_id")
    @classmethod
    def _base_lasts(cls, value: str | None) -> str | None:
        if value and value.startswith("ASIA"):
            raise wrong("A temporary key (ASIA…) ends within hours; a user's key goes here.")
        return value

    @field_validator("secret_access_key")
    @classmethod
    def _secret_is_whole(cls, secret: SecretStr | None) -> SecretStr | None:
        return secret_key(secret) if secret else None

    @model_validator(mode="after")
    def _base_is_known(self) -> Role:
        if self.access_key_id and not self.secret_access_key:
            raise at("secret_access_key", "The base access key needs its secret.")
        if self.secret_access_key and not self.access_key_id:
            raise at("access_key_id", "The base secret needs the access key ID it belongs to.")
        if not self.access_key_id and not aws_base.machine_may():
            raise at(
                "access_key_id",
                "Enter the key of a user that may take on the role. Without one Skyclock would "
                "have to use this machine's own identity, which is not allowed here "
                f"({aws_base.SETTING}={aws_base.MACHINE} allows it).",
            )
        return self

    @classmethod
    def holds_secret(cls, credential: Credential) -> bool:
        return bool(credential.reveal("secret_access_key"))
