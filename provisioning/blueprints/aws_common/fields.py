"""The kinds of text that settings of AWS Blueprints are made of, each with its rule in words."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from ..common.fields import Rule, Stripped, Text, as_text, wrong

__all__ = ["Rule", "Stripped", "Text", "wrong"]

NAME = r"^[A-Za-z0-9_\-]{1,64}$"


def _is_regex(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise wrong(f"This is not a regular expression: {error}.") from error
    if groups != 1:
        raise wrong("Put exactly one pair of parentheses around the number to capture.")
    return value


Name = Annotated[str, Stripped, Rule(NAME, "Use letters, digits, - and _; at most 64.")]

EntityName = Annotated[
    str,
    Stripped,
    Rule(
        r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$",
        "Use letters, digits and hyphens, with a letter or digit at both ends; at most 63.",
    ),
]

_BUCKET = r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]"
S3_ADDRESS = rf"^s3:\/\/{_BUCKET}(\/.*)?$"

S3Prefix = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(S3_ADDRESS, "Write an S3 address: s3://bucket/prefix."),
]

BusName = Annotated[
    str,
    Stripped,
    Rule(
        r"^[A-Za-z0-9._\-\/]{1,256}$",
        "Write the name of an event bus: letters, digits, dots, - and _.",
    ),
]

# EventBridge replaces a whole value by what stands there, not a part of one.
EventPath = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=256),
    Rule(
        r"^\$(\.[A-Za-z0-9_\-]+(\[\d+\])?)+$",
        "Write a path into the event, such as $.detail.dataset or $.id.",
    ),
]

# SageMaker's jobs take images from ECR only (or a private registry inside one's own VPC).
ECR_IMAGE = r"\d{12}\.dkr\.ecr\.[a-z0-9\-]+\.amazonaws\.[a-z.]+\/[a-z0-9][a-z0-9._\/\-]*"
IMAGE_RULE = Rule(
    rf"^{ECR_IMAGE}([:@][\w.:\-]+)?$",
    "Write the address of an ECR image: "
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/repository:tag.",
)
INSTANCE_RULE = Rule(
    r"^ml\.[a-z0-9\-]+\.[a-z0-9]+$", "Write a SageMaker instance type, such as ml.m5.xlarge."
)

Image = Annotated[str, Stripped, StringConstraints(max_length=255), IMAGE_RULE]

InstanceType = Annotated[str, Stripped, INSTANCE_RULE]

LocalPath = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=256),
    Rule(r"^\/.+$", "Write an absolute path inside the container, such as /opt/ml/processing/in."),
]

MetricName = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=255),
    Rule(r"^[^'\x22\[\]]+$", "Leave out quotation marks and brackets; at most 255 characters."),
]

Regex = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_is_regex)]

# Of a container's command; the API reference of ContainerEntrypoint and ContainerArguments.
Word = Annotated[str, BeforeValidator(as_text), StringConstraints(max_length=256)]
