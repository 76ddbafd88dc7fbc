"""Kinds of text that may be a `${…}` instead, a value that is only known when the pipeline runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import StringConstraints

from ..aws_common.fields import IMAGE_RULE, INSTANCE_RULE, S3_ADDRESS, Rule, Stripped
from .references import references

S3Place = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(
        S3_ADDRESS,
        "Write an S3 address (s3://bucket/prefix) or a reference such as "
        "${Parameters.InputData} or ${Steps.prepare.Outputs.train}.",
        also=references,
    ),
]

Image = Annotated[
    str, Stripped, StringConstraints(max_length=255), replace(IMAGE_RULE, also=references)
]

InstanceType = Annotated[str, Stripped, replace(INSTANCE_RULE, also=references)]
