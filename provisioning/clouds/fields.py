"""The fields that several methods ask for, each with what is wrong with a bad value.

Names are the SDKs' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from provisioning.clouds.regions import AZURE_REGIONS, GOOGLE_REGIONS, aws_regions
from provisioning.clouds.wrong import wrong
from provisioning.contracts import Credential

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
KEY_ID = re.compile(r"(AKIA|ASIA)[A-Z0-9]{12,124}")
ROLE = re.compile(r"arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
# https://cloud.google.com/resource-manager/docs/creating-managing-projects
PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
EMAIL = re.compile(r"[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com")


class MethodFields(BaseModel):
    """The fields of one method, and what is to be told of it beside them."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    summary: ClassVar[str]  # how it enters, in a sentence, for who chooses
    # The cloud takes it until somebody revokes it, so it is worth stealing.
    keeps_secret: ClassVar[bool]
    tells_its_end: ClassVar[bool] = False  # by itself, so that nobody types it
    # Fields that mean nothing without another one: a new one of that ends them.
    part_of: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def holds_secret(cls, credential: Credential) -> bool:
        """Whether this one keeps a long-lived secret, where a method may or may not."""
        return cls.keeps_secret

    @classmethod
    def ending(cls, credential: Credential) -> str:
        """When this one ends, in words, where nobody has said the day."""
        if cls.holds_secret(credential):
            return "when somebody revokes it, as far as is known here"
        return "not by itself; what it is exchanged for ends within the hour"

    @classmethod
    def expires(cls, credential: Credential) -> datetime | None:
        """When it ends by itself, where the credential knows; None where it does not."""
        return None


def _key_id(value: str) -> str:
    if not KEY_ID.fullmatch(value):
        raise wrong(
            "An access key ID starts with AKIA or ASIA, followed by capital letters and "
            "digits; 20 characters in all."
        )
    return value


def secret_key(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if KEY_ID.fullmatch(text):
        raise wrong("This is an access key ID; the secret access key goes here.")
    if len(text) < 16 or re.search(r"\s", text):
        raise wrong("A secret access key is one word of 40 characters; this is not all of it.")
    return SecretStr(text)


def _role(value: str) -> str:
    if ROLE.fullmatch(value):
        return value
    if ":user/" in value or ":assumed-role/" in value or ":instance-profile/" in value:
        raise wrong("This is not a role's ARN; a role's has :role/ in it.")
    raise wrong("A role's ARN is written arn:aws:iam::123456789012:role/name.")


def _tenant(value: str) -> str:
    if not (ID.fullmatch(value.lower()) or DOMAIN.fullmatch(value.lower())):
        raise wrong("A tenant ID is written 8-4-4-4-12 in hex digits; its domain works as well.")
    return value.lower()


def _azure_id(value: str) -> str:
    if not ID.fullmatch(value.lower()):
        raise wrong("Azure's IDs are written 8-4-4-4-12 in hex digits.")
    return value.lower()


def _project(value: str) -> str:
    if value.isdigit():
        raise wrong("This is a project's number; its ID goes here, which begins with a letter.")
    if value and not PROJECT.fullmatch(value):
        raise wrong(
            "A project's ID has 6 to 30 small letters, digits and hyphens, and begins with a "
            "letter. It is not the project's name."
        )
    return value


def email(value: str) -> str:
    if not EMAIL.fullmatch(value.lower()):
        raise wrong("A service account's e-mail is written name@project.iam.gserviceaccount.com.")
    return value.lower()


def _region_of(
    cloud: str, example: str, known: Callable[[], Collection[str]]
) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known():
            near = get_close_matches(name, known(), n=1)
            hint = f" Did you mean {near[0]}?" if near else f" Example: {example}."
            raise wrong(f"{cloud} has no region of this name.{hint}")
        return name

    return check


def as_azure_writes(value: object) -> object:
    """Resource Manager writes "westeurope"; "West Europe" is understood."""
    return value.lower().replace(" ", "") if isinstance(value, str) else value


def none_if_empty(value: object) -> object:
    """What a form leaves empty is not given."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return None if isinstance(text, str) and not text.strip() else value


_WHERE = "Where pipelines of this connection are deployed."

AwsRegion = Annotated[
    str,
    AfterValidator(_region_of("AWS", "eu-west-1", lambda: aws_regions())),
    Field(title="Region", description=_WHERE, examples=["eu-west-1"]),
]
AzureRegion = Annotated[
    str,
    BeforeValidator(as_azure_writes),
    AfterValidator(_region_of("Azure", "westeurope", lambda: AZURE_REGIONS)),
    Field(title="Region", description=_WHERE, examples=["westeurope"]),
]
GoogleRegion = Annotated[
    str,
    AfterValidator(_region_of("Google Cloud", "europe-west1", lambda: GOOGLE_REGIONS)),
    Field(title="Region", description=_WHERE, examples=["europe-west1"]),
]
KeyId = Annotated[str, AfterValidator(_key_id)]
RoleArn = Annotated[
    str,
    AfterValidator(_role),
    Field(
        title="Role ARN",
        description="Of the role that Skyclock takes on in the account.",
        examples=["arn:aws:iam::123456789012:role/skyclock"],
    ),
]
TenantId = Annotated[
    str,
    AfterValidator(_tenant),
    Field(
        title="Tenant ID",
        description="Also called directory ID: on the overview page of Microsoft Entra ID.",
        examples=["72f988bf-86f1-41af-91ab-2d7cd011db47"],
    ),
]
ClientId = Annotated[
    str,
    AfterValidator(_azure_id),
    Field(
        title="Client ID",
        description="Also called application ID: on the overview page of the app registration.",
        examples=["1950a258-227b-4e31-a9cf-717495945fc2"],
    ),
]
SubscriptionId = Annotated[
    str,
    AfterValidator(_azure_id),
    Field(
        title="Subscription ID",
        description="Pipelines of this connection are deployed in it. The application needs a "
        "role there.",
        examples=["5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e"],
    ),
]
ProjectId = Annotated[str, AfterValidator(_project)]
