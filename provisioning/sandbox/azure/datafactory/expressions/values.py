"""How values become text, and what counts as equal."""

from __future__ import annotations

import json
from typing import Any


def written(value: Any) -> str:
    """As an expression inside of a text shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def equal(left: Any, right: Any) -> bool:
    """Numbers by value; a number and a text that shows it are not the same."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)
