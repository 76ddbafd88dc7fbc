"""What tags may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.azure.errors import bad_request

_MOST, _LONGEST_NAME, _LONGEST_VALUE = 50, 512, 256
_RESERVED = "<>%&\\?/"


def require_tags(tags: Mapping[str, Any]) -> None:
    """Raises RestError for tags that Resource Manager does not take."""
    if len(tags) > _MOST:
        message = f"The resource has {len(tags)} tags. The maximum number of tags is {_MOST}."
        raise bad_request(message, code="InvalidTagCount")
    for name, value in tags.items():
        if any(letter in _RESERVED or letter < " " for letter in name):
            message = (
                f"The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control "
                "characters."
            )
            raise bad_request(message, code="InvalidTagNameCharacters")
        if len(name) > _LONGEST_NAME:
            message = f"Tag name too long. Maximum length is {_LONGEST_NAME} characters."
            raise bad_request(message, code="InvalidTagName")
        if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
            message = (
                f"The value of the tag '{name}' has to be text of at most {_LONGEST_VALUE} "
                "characters."
            )
            raise bad_request(message, code="InvalidTagValue")


def matches(tags: Mapping[str, str], *, name: str, value: str | None) -> bool:
    """Names of tags are compared without regard to case, values with it."""
    found = {key.lower(): each for key, each in tags.items()}
    return name.lower() in found and value in (None, found[name.lower()])
