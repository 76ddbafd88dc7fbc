"""An application of Microsoft Entra with a client secret: how machines enter Azure."""

from __future__ import annotations

import re
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from provisioning.clouds.regions import AZURE_REGIONS
from provisioning.clouds.wrong import wrong

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


class ClientSecret(BaseModel):
    model_config = ConfigDict(
        title="Application with a client secret",
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
    )

    tenant_id: str = Field(
        title="Tenant ID",
        description="Also called directory ID: on the overview page of Microsoft Entra ID.",
        examples=["72f988bf-86f1-41af-91ab-2d7cd011db47"],
    )
    client_id: str = Field(
        title="Client ID",
        description="Also called application ID: on the overview page of the app registration.",
        examples=["1950a258-227b-4e31-a9cf-717495945fc2"],
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="The secret's value, shown once, when it is made. It ends after two years at "
        "the latest.",
    )
    subscription_id: str = Field(
        title="Subscription ID",
        description="Pipelines of this connection are deployed in it. The application needs a "
        "role there.",
        examples=["5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e"],
    )
    region: str = Field(
        title="Region",
        description="Where pipelines of this connection are deployed.",
        examples=["westeurope"],
    )

    @field_validator("tenant_id")
    @classmethod
    def _tenant_is_one(cls, value: str) -> str:
        if not (ID.fullmatch(value.lower()) or DOMAIN.fullmatch(value.lower())):
            raise wrong(
                "A tenant ID is written 8-4-4-4-12 in hex digits; its domain works as well."
            )
        return value.lower()

    @field_validator("client_id", "subscription_id")
    @classmethod
    def _id_is_one(cls, value: str) -> str:
        if not ID.fullmatch(value.lower()):
            raise wrong("Azure's IDs are written 8-4-4-4-12 in hex digits.")
        return value.lower()

    @field_validator("client_secret")
    @classmethod
    def _secret_is_the_value(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value().strip()
        if ID.fullmatch(text.lower()):
            raise wrong("This is the secret's ID; its value goes here, which is shown only once.")
        if len(text) < 16 or re.search(r"\s", text):
            raise wrong(
                "A client secret is one word of about 40 characters; this is not all of it."
            )
        return SecretStr(text)

    @field_validator("region")
    @classmethod
    def _region_exists(cls, value: str) -> str:
        """As Resource Manager writes it; "West Europe" is understood."""
        name = value.lower().replace(" ", "")
        if name not in AZURE_REGIONS:
            near = get_close_matches(name, AZURE_REGIONS, n=1)
            hint = f" Did you mean {near[0]}?" if near else " Example: westeurope."
            raise wrong(f"Azure has no region of this name.{hint}")
        return name

    @model_validator(mode="after")
    def _ids_differ(self) -> ClientSecret:
        """All three look alike, and people paste one of them twice."""
        if len({self.tenant_id, self.client_id, self.subscription_id}) < 3:
            raise wrong("Tenant, client and subscription have IDs of their own; two are the same.")
        return self
