"""What bodies and queries are made of. Each kind of value has one meaning and one sentence
for what is wrong with it; nothing is guessed from a value of another type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from provisioning.schedules.schedule import OUT_OF_YEARS, YEARS

LARGEST_ID = 2**63 - 1
_DURATION = TypeAdapter(timedelta)


class Body(BaseModel):
    """A field that we do not know is refused: it may be one that was mistyped."""

    model_config = ConfigDict(extra="forbid")


def _wrong(code: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence})


# ── Kinds of values ─────────────────────────────────────────────────────────────────


def _moment(value: object) -> datetime:
    """In the years that schedules know: around the first and the last days of Python's calendar
    there are none to reckon with, and no UTC everywhere."""
    try:
        said = datetime.fromisoformat(value) if isinstance(value, str) else None
        moment = said.astimezone(UTC) if said and said.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise _wrong("moment", "Write a date and time with its zone, such as 2026-01-31T08:00:00Z.")
    if moment.year not in YEARS:
        raise _wrong("moment", OUT_OF_YEARS)
    return moment


def _duration(value: object) -> timedelta:
    try:
        if isinstance(value, str) and value.lstrip("+-").startswith("P"):
            return _DURATION.validate_python(value)
    except (ValidationError, OverflowError):
        pass
    raise _wrong("duration", "Write an ISO 8601 duration, such as PT2H, PT30M or P7D.")


def _name_or_id(value: object) -> int | str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _wrong("name_or_id", "Give the id as a number, or the name as text.")


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise _wrong("scalar", "Give a text, a number, true or false.")


def _any_of(*types: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": each} for each in types]})


Id = Annotated[int, Strict(), Field(ge=1, le=LARGEST_ID)]
QueryId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PageSize = Annotated[int, Field(ge=1, le=200)]
Count = Annotated[int, Strict(), Field(ge=0, le=2**31 - 1)]
Number = Annotated[float, Strict()]  # also a whole one, but neither text nor true
LineNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
LineCount = Annotated[int, Field(ge=1, le=5000)]
SearchText = Annotated[str, Field(max_length=200)]
Urn = Annotated[str, Field(max_length=500)]
# Names are checked with the rest of a definition, so that all that is wrong is said at once.
Name = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 80})]
Note = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=500)]
Flag = Annotated[bool, Strict()]
Moment = Annotated[
    datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Duration = Annotated[
    timedelta, PlainValidator(_duration), WithJsonSchema({"type": "string", "format": "duration"})
]
NameOrId = Annotated[int | str, PlainValidator(_name_or_id), _any_of("integer", "string")]
Scalar = Annotated[str, PlainValidator(_as_text), _any_of("string", "integer", "number", "boolean")]
