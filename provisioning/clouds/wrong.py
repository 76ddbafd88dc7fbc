"""What is wrong with a field of a credential, as a sentence for people."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("invalid", "{sentence}", {"sentence": sentence})
