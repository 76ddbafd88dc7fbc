"""What kinds of text in settings are made of, each with its rule in words.

`hints` are for the form that is rendered from the JSON schema: `widget` (json, image, s3,
map, parameter, step, steps), `unit`, `show_when` ({field: value}).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Form(BaseModel):
    """Unknown fields are an error: a typing mistake must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


Stripped = StringConstraints(strip_whitespace=True)


def as_text(value: Any) -> Any:
    """A JSON body may hold numbers and booleans where a form sends text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(as_text), StringConstraints(max_length=4096)]
