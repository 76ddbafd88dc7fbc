"""A service account of Google that another one takes on, by a key of its own."""

from __future__ import annotations

import json
from typing import ClassVar

from pydantic import ConfigDict, Field, field_validator, model_validator

from provisioning.clouds.fields import GoogleRegion, ProjectId, email
from provisioning.clouds.service_account import KeyFields
from provisioning.clouds.wrong import at


class Impersonation(KeyFields):
    model_config = ConfigDict(title="Impersonation of a service account")

    summary: ClassVar[str] = (
        "A service account that may do nothing but take on another one. What operations get ends "
        "within the hour, and taking it on can be forbidden at once; the base key is stored."
    )
    keeps_secret: ClassVar[bool] = True

    target_principal: str = Field(
        title="Service account to take on",
        description="Its e-mail. The base account needs the role Service Account Token Creator "
        "on it.",
        examples=["deployer@my-project.iam.gserviceaccount.com"],
    )
    project: ProjectId = Field(
        default="",
        title="Project ID",
        description="Pipelines of this connection are deployed in it. Empty: the project of the "
        "service account that is taken on.",
        examples=["my-project"],
    )
    region: GoogleRegion

    @field_validator("target_principal")
    @classmethod
    def _target_is_one(cls, value: str) -> str:
        return email(value)

    @model_validator(mode="after")
    def _project_is_known(self) -> Impersonation:
        key = json.loads(self.service_account_key.get_secret_value())
        if self.target_principal == key["client_email"]:
            raise at("target_principal", "This is the base account itself; it takes on another.")
        own = project_of(self.target_principal)
        if not self.project and not own:
            raise at("project", "Enter the project: the e-mail of this account does not tell it.")
        return self if self.project else self.model_copy(update={"project": own})


def project_of(address: str) -> str:
    """name@PROJECT.iam.gserviceaccount.com; those that Google makes itself are named otherwise."""
    domain = address.partition("@")[2]
    return domain.removesuffix(".iam.gserviceaccount.com") if ".iam." in domain else ""
