"""What texts in the settings of a factory have to look like, each with its rule in words."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from ..common.fields import Rule, Stripped

GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def is_expression(text: str) -> bool:
    """Data Factory computes it when a run comes to it: "@…", or "…@{…}…"."""
    return (text.startswith("@") and not text.startswith("@@")) or "@{" in text


Name = Annotated[
    str,
    Stripped,
    Rule(
        r"^[A-Za-z0-9_][A-Za-z0-9_ \-]{0,54}$",
        "Use letters, digits, spaces, - and _; at most 55, beginning with a letter, a digit or _.",
    ),
]

ParameterName = Annotated[
    str,
    Stripped,
    Rule(
        r"^[A-Za-z_][A-Za-z0-9_]{0,127}$",
        "Use letters, digits and _; at most 128, not beginning with a digit.",
    ),
]

Line = Annotated[str, Stripped, StringConstraints(max_length=4096)]

Url = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=4096),
    Rule(
        r"^https?:\/\/[^\s]+$",
        "Write an address that begins with https:// or http://, or an expression.",
        also=is_expression,
    ),
]

FileUrl = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=4096),
    Rule(
        r"^https?:\/\/[^\s\/@]+(\/\S*)?$",
        "Write an address that begins with https:// or http:// and names a host.",
    ),
]

HttpsUrl = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=2048),
    Rule(
        r"^https:\/\/[^\s\/]+\/?$",
        "Write an address such as https://adb-123.4.azuredatabricks.net.",
    ),
]

Expression = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=8192),
    Rule(
        r"^@[^@][\s\S]*$",
        "Write an expression: it begins with @, such as @pipeline().parameters.x.",
    ),
]

AccountName = Annotated[
    str,
    Stripped,
    Rule(r"^[a-z0-9]{3,24}$", "A storage account has 3 to 24 lower-case letters and digits."),
]

ContainerName = Annotated[
    str,
    Stripped,
    Rule(
        r"^[a-z0-9](-?[a-z0-9]){2,62}$",
        "A container has 3 to 63 lower-case letters, digits and single hyphens.",
    ),
]

ResourceId = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=1024),
    Rule(
        rf"^\/subscriptions\/{GUID}\/resourceGroups\/[^\/]+\/providers\/[^\/]+\/[^\s]+$",
        "Write a resource ID: /subscriptions/…/resourceGroups/…/providers/….",
    ),
]

WorkspaceName = Annotated[
    str,
    Stripped,
    Rule(r"^[a-z0-9][a-z0-9\-]{0,48}[a-z0-9]$", "Use the workspace's name, not its address."),
]

SecretName = Annotated[
    str,
    Stripped,
    Rule(r"^[A-Za-z0-9\-]{1,127}$", "A secret's name has letters, digits and hyphens."),
]
