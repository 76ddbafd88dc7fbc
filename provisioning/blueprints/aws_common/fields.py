"""The kinds of text that settings are made of, each with its rule in words.

`hints` are for the form that is rendered from the JSON schema: `widget` (json, image, s3,
map, parameter, step, steps), `unit`, `show_when` ({field: value}).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

NAME = r"^[A-Za-z0-9_\-]{1,64}$"


def wrong(sentence: str, code: str = "invalid") -> PydanticCustomError:
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence})


@dataclass(frozen=True)
class Rule:
    """A pattern for the schema and the browser, a sentence for people.

    Browsers read patterns as JavaScript with the `v` flag: escape / and - in brackets.
    """

    pattern: str
    sentence: str
    also: Callable[[str], object] | None = None  # true for what is accepted beside the pattern

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if not self.also:
            found["pattern"] = self.pattern
        return found

    def _check(self, value: str) -> str:
        if self.also and self.also(value):
            return value
        if not re.fullmatch(self.pattern, value):
            raise wrong("This is required." if not value else self.sentence)
        return value


def _is_regex(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise wrong(f"This is not a regular expression: {error}.") from error
    if groups != 1:
        raise wrong("Put exactly one pair of parentheses around the number to capture.")
    return value


Stripped = StringConstraints(strip_whitespace=True)

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


def _as_text(value: Any) -> Any:
    """A JSON body may hold numbers and booleans where a form sends text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text), StringConstraints(max_length=4096)]

# Of a container's command; the API reference of ContainerEntrypoint and ContainerArguments.
Word = Annotated[str, BeforeValidator(_as_text), StringConstraints(max_length=256)]
