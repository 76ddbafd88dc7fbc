"""A role of AWS that trusts Skyclock as an identity provider: no secret is stored at all."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, field_validator

from provisioning.clouds.fields import AwsRegion, MethodFields, RoleArn, none_if_empty
from provisioning.clouds.wrong import wrong

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
SHORTEST = 900
LONGEST = 43_200


class WebIdentity(MethodFields):
    model_config = ConfigDict(title="OIDC web identity")

    summary: ClassVar[str] = (
        "AWS trusts the tokens that Skyclock signs, and gives keys that end within the hour. "
        "Nothing that could be stolen is stored. AWS has to reach this Skyclock by https."
    )
    keeps_secret: ClassVar[bool] = False

    role_arn: RoleArn
    region: AwsRegion
    duration_seconds: Annotated[int | None, BeforeValidator(none_if_empty)] = Field(
        default=None,
        title="Session duration in seconds",
        description="How long the keys of an operation live: 900 to 43200, and no longer than the "
        "role allows. Empty: an hour.",
        examples=["3600"],
    )

    @field_validator("duration_seconds")
    @classmethod
    def _duration_is_allowed(cls, value: int | None) -> int | None:
        if value is not None and not SHORTEST <= value <= LONGEST:
            raise wrong("AWS gives sessions of 900 seconds (15 minutes) to 43200 (12 hours).")
        return value
