"""A pydantic error as Problems at the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from provisioning.errors import Problem

DISCRIMINATOR = "kind"

SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This has to be text.",
    "list_type": "This has to be a list.",
    "dict_type": "This has to be a table of names and values.",
    "model_type": "This has to be an object.",
    "model_attributes_type": "This has to be an object.",
    "int_type": "This has to be a whole number.",
    "int_parsing": "This has to be a whole number.",
    "int_from_float": "This has to be a whole number.",
    "greater_than_equal": "At least {ge}.",
    "less_than_equal": "At most {le}.",
    "string_too_short": "At least {min_length} characters.",
    "string_too_long": "At most {max_length} characters.",
    "too_short": "At least {min_length}.",
    "too_long": "At most {max_length}.",
    "literal_error": "One of {expected}.",
    "enum": "One of {expected}.",
    "union_tag_not_found": "Choose a kind.",
    "union_tag_invalid": "There is no kind '{tag}'. Known: {expected_tags}.",
}


def problems_of(error: ValidationError, given: Any) -> list[Problem]:
    """`given` is what was validated: it tells a tag of a union from a field's name."""
    return [
        Problem(
            field=field_of(item["loc"], item["type"], given),
            message=_sentence(item["type"], item.get("ctx", {}), item["msg"]),
            code="required" if item["type"] == "missing" else item["type"],
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def _sentence(code: str, context: Mapping[str, Any], otherwise: str) -> str:
    if code == "string_too_short" and context.get("min_length") == 1:
        code = "missing"
    return SENTENCES[code].format(**context) if code in SENTENCES else otherwise


def field_of(location: tuple[int | str, ...], code: str, given: Any) -> str:
    """pydantic puts the tag of a union into the location; a form has no such level."""
    path: list[str] = []
    here, tagged = given, False
    for step in location:
        if not tagged and isinstance(here, Mapping) and step == here.get(DISCRIMINATOR):
            tagged = True
            continue
        path.append(str(step))
        here, tagged = _inside(here, step), False
    if code.startswith("union_tag"):
        path.append(DISCRIMINATOR)
    return ".".join(path)


def _inside(value: Any, step: int | str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
