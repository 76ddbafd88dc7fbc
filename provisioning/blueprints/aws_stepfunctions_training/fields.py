"""Kinds of text of this Blueprint's settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from ..aws_common.fields import S3_ADDRESS, Rule, Stripped
from .references import references

S3Place = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(
        S3_ADDRESS,
        "Write an S3 address (s3://bucket/prefix) or a reference such as ${Parameters.InputData}.",
        also=references,
    ),
]

ParameterName = Annotated[
    str,
    Stripped,
    Rule(r"^[A-Za-z][A-Za-z0-9_]{0,63}$", "Use letters, digits and _, a letter first; at most 64."),
]

FunctionArn = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=256),
    Rule(
        r"^arn:aws[a-z\-]*:lambda:[a-z0-9\-]+:\d{12}:function:[A-Za-z0-9_\-]+(:[A-Za-z0-9_\-$]+)?$",
        "Write the ARN of a Lambda function: "
        "arn:aws:lambda:eu-west-1:123456789012:function:my-function.",
    ),
]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
Action = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=128),
    Rule(r"^[a-z0-9\-]+:[A-Za-z0-9*?]+$", "Write an action of IAM, such as sns:Publish."),
]

Arn = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(r"^(arn:\S+|\*)$", "Write an ARN, or * for any."),
]
