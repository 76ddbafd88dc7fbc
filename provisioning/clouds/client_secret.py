"""An application of Microsoft Entra with a client secret: how machines enter Azure."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import ConfigDict, Field, SecretStr, field_validator

from provisioning.clouds.azure_application import Application
from provisioning.clouds.fields import ID, AzureRegion
from provisioning.clouds.wrong import wrong


class ClientSecret(Application):
    model_config = ConfigDict(title="Application with a client secret")

    summary: ClassVar[str] = (
        "A password of the application. Whoever has it enters until it ends, after two years at "
        "the latest, and it has to be renewed by hand."
    )
    keeps_secret: ClassVar[bool] = True

    client_secret: SecretStr = Field(
        title="Client secret",
        description="The secret's value, shown once, when it is made. It ends after two years at "
        "the latest.",
    )
    region: AzureRegion

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
