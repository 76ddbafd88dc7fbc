"""A workload identity pool of Google that trusts Skyclock's tokens: no secret is stored at all."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from provisioning.clouds.fields import (
    GoogleRegion,
    MethodFields,
    ProjectId,
    email,
    none_if_empty,
)
from provisioning.clouds.impersonation import project_of
from provisioning.clouds.wrong import at, wrong

PROVIDER = re.compile(
    r"projects/(?P<project>[\w-]+)/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}"
    r"/providers/[a-z0-9-]{4,32}",
    re.ASCII,
)
HOST = "//iam.googleapis.com/"


class GoogleFederation(MethodFields):
    model_config = ConfigDict(title="Workload identity federation")

    summary: ClassVar[str] = (
        "Google trusts the tokens that Skyclock signs, by a provider of a workload identity pool. "
        "Nothing that could be stolen is stored. Google has to reach this Skyclock by https."
    )
    keeps_secret: ClassVar[bool] = False

    audience: str = Field(
        title="Audience",
        description="The full resource name of the workload identity provider.",
        examples=[
            "//iam.googleapis.com/projects/123456789012/locations/global/"
            "workloadIdentityPools/skyclock/providers/skyclock"
        ],
    )
    service_account_email: Annotated[str | None, BeforeValidator(none_if_empty)] = Field(
        default=None,
        title="Service account",
        description="Its e-mail, where the pool's identity takes on a service account. Empty: the "
        "pool's identity has roles of its own.",
        examples=["deployer@my-project.iam.gserviceaccount.com"],
    )
    project: ProjectId = Field(
        default="",
        title="Project ID",
        description="Pipelines of this connection are deployed in it. Empty: the project of the "
        "service account.",
        examples=["my-project"],
    )
    region: GoogleRegion

    @field_validator("audience")
    @classmethod
    def _audience_is_a_provider(cls, value: str) -> str:
        name = re.sub(r"^(https:)?//iam\.googleapis\.com/", "", value).strip("/")
        found = PROVIDER.fullmatch(name)
        if not found:
            raise wrong(
                "A provider's full name is written //iam.googleapis.com/projects/NUMBER/locations/"
                "global/workloadIdentityPools/POOL/providers/PROVIDER."
            )
        if not found["project"].isdigit():
            raise wrong("Google wants the project's number here, not its ID.")
        return HOST + name

    @field_validator("service_account_email")
    @classmethod
    def _email_is_one(cls, value: str | None) -> str | None:
        return email(value) if value else None

    @model_validator(mode="after")
    def _project_is_known(self) -> GoogleFederation:
        own = project_of(self.service_account_email or "")
        if not self.project and not own:
            raise at("project", "Enter the project that pipelines are deployed in.")
        return self if self.project else self.model_copy(update={"project": own})
