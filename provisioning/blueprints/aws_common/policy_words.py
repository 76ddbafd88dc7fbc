"""What a policy allows that it did not, and no longer allows, in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MOST = 4


def compared(old: Any, new: Any) -> str:
    """ "was widened: it also allows s3:* on *." Nothing where a text is no policy."""
    before, after = _allowed(old), _allowed(new)
    if before is None or after is None:
        return ""
    more, less = sorted(after - before), sorted(before - after)
    if more and less:
        return f"was changed: it also allows {_said(more)}, and no longer {_said(less)}."
    if more:
        return f"was widened: it also allows {_said(more)}."
    return f"was narrowed: it no longer allows {_said(less)}." if less else ""


def _said(allowed: list[tuple[str, str, str]]) -> str:
    shown = [f"{action} on {resource}{condition}" for action, resource, condition in allowed[:MOST]]
    rest = len(allowed) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _allowed(text: Any) -> set[tuple[str, str, str]] | None:
    try:
        document = json.loads(text) if isinstance(text, str) else text
        return set(_each(document))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _each(document: Any) -> Iterator[tuple[str, str, str]]:
    for statement in _list(document["Statement"]):
        condition = statement.get("Condition")
        under = f" under {json.dumps(condition, sort_keys=True)}" if condition else ""
        refused = "" if statement.get("Effect") == "Allow" else "(denied) "
        for action in _list(statement.get("Action") or statement.get("NotAction")):
            for resource in _list(statement.get("Resource") or "itself"):
                yield f"{refused}{action}", str(resource), under


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
