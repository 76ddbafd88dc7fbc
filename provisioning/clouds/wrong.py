"""What is wrong with a field of a credential, as a sentence for people."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

# Of a problem that was found with all fields at hand: which of them it is told at.
FIELD = "field"


def wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("invalid", "{sentence}", {"sentence": sentence})


def at(field: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError("invalid", "{sentence}", {"sentence": sentence, FIELD: field})
