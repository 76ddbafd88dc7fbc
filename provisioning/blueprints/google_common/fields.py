"""The kinds of text that settings of Google Blueprints are made of, each with its rule."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from ..common.fields import Form, Rule, Stripped, Text

__all__ = ["Form", "Text"]

BUCKET = r"[a-z0-9][a-z0-9._\-]{1,220}[a-z0-9]"
ADDRESS = rf"gs:\/\/{BUCKET}(\/.*)?"
EMAIL = r"[a-z0-9.\-]+@[a-z0-9.\-]+\.gserviceaccount\.com"
IMAGE = r"[a-z0-9][a-z0-9.\-]*(:\d+)?(\/[a-z0-9._\-]+)+(:[\w.\-]+)?(@sha256:[0-9a-f]{64})?"

Bucket = Annotated[
    str,
    Stripped,
    Rule(rf"^{BUCKET}$", "Write a bucket's name, without gs:// and without a folder."),
]
Address = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(rf"^{ADDRESS}$", "Write an address in Cloud Storage: gs://bucket/folder."),
]
AddressOrNone = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(rf"^({ADDRESS})?$", "Write an address in Cloud Storage: gs://bucket/folder."),
]
EmailOrNone = Annotated[
    str,
    Stripped,
    Rule(
        rf"^({EMAIL})?$",
        "Write a service account's address: name@project.iam.gserviceaccount.com.",
    ),
]
MachineType = Annotated[
    str,
    Stripped,
    Rule(r"^([a-z][a-z0-9]*(-[a-z0-9]+)+)?$", "Write a machine type, such as n1-standard-4."),
]
Image = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=500),
    Rule(
        rf"^{IMAGE}$",
        "Write the address of an image: europe-docker.pkg.dev/project/repository/image:tag.",
    ),
]


def nothing_else(value: str) -> bool:
    """For the rule of a table's names: a pattern in the schema would make it no table."""
    return False


class DataAccess(Form):
    """Named buckets, because Google's roles are given for whole buckets."""

    model_config = ConfigDict(title="Further data access")

    read: list[Bucket] = Field(
        default=[],
        max_length=20,
        title="May read",
        description="Buckets beyond the pipeline's own that its jobs read.",
        examples=[["my-reference-data"]],
    )
    write: list[Bucket] = Field(
        default=[],
        max_length=20,
        title="May write",
        description="Buckets beyond the pipeline's own that its jobs read and write.",
    )
