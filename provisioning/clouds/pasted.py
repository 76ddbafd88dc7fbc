"""Reading what was pasted: JSON, INI and lines that set variables."""

from __future__ import annotations

import json
import re
from typing import Any

# export NAME=value, set NAME=value, $Env:NAME="value"; quotes and a comma or semicolon go away.
_LINE = re.compile(
    r"^\s*(?:export\s+|set\s+|setx\s+|\$env:)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*"
    r"(?P<quote>[\"']?)(?P<value>.*?)(?P=quote)\s*[;,]?\s*$",
    re.IGNORECASE,
)
_SECTION = re.compile(r"^\s*\[\s*(?:profile\s+)?(?P<name>[^\]]+?)\s*\]\s*$")


class Refused(Exception):
    """Why a text is not taken, for people. Nothing of the text is in it but names of fields."""


def as_json(text: str) -> dict[str, Any] | None:
    """The object, or None where the text is none."""
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused("This JSON is cut off or damaged: copy all of it, braces included.") from None
    return found if isinstance(found, dict) else None


def sections(text: str) -> dict[str, dict[str, str]]:
    """The names that are set, with their values, by section; "" before the first."""
    found: dict[str, dict[str, str]] = {}
    section = ""
    for line in text.splitlines():
        if line.strip().startswith(("#", ";", "//")):
            continue
        if head := _SECTION.match(line):
            section = head["name"]
        elif one := _LINE.match(line):
            found.setdefault(section, {})[one["name"].lower()] = one["value"].strip()
    return found


def renamed(found: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    """By our names; what has none, or is no text, is left out."""
    return {
        names[key]: value.strip()
        for key, value in found.items()
        if key in names and isinstance(value, str) and value.strip()
    }
