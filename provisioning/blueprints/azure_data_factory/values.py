"""Values as Data Factory takes them: typed, and marked where they are expressions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .fields import is_expression

TRUE, FALSE = ("true", "1"), ("false", "0")
KINDS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a JSON list",
    "object": "a JSON object",
}


def written(text: str) -> Any:
    """An expression is said to be one: as a plain text some properties do not compute it."""
    return {"value": text, "type": "Expression"} if is_expression(text) else text


def written_each(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: written(text) for name, text in texts.items()}


def typed(text: str, type: str) -> Any:
    """The value of a parameter of this type. ValueError where the text is none."""
    kind = type.lower()
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "bool":
        return _bool(text)
    if kind in ("array", "object"):
        found = json.loads(text)
        if not isinstance(found, list if kind == "array" else dict):
            raise ValueError(text)
        return found
    return text


def problem(text: str, type: str) -> str | None:
    """What is wrong with a text as a value of this type."""
    try:
        typed(text, type)
    except ValueError:
        return f"This has to be {KINDS.get(type.lower(), 'a text')}."
    return None


def text_of(value: Any) -> str:
    """The other way round, for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in (*TRUE, *FALSE):
        raise ValueError(text)
    return lowered in TRUE
