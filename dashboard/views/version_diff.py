"""What changed between two Versions, line by line of their JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import unified_diff

from dashboard.models import Version


@dataclass(frozen=True)
class Line:
    kind: str  # "plus", "minus", "place" or "same"
    text: str


def compared(old: Version, new: Version) -> list[Line]:
    found = unified_diff(_lines(old), _lines(new), lineterm="", n=3)
    return [_line(text) for text in found if not text.startswith(("---", "+++"))]


def _lines(version: Version) -> list[str]:
    definition = {"settings": version.settings, "triggers": version.triggers}
    return json.dumps(definition, indent=2, ensure_ascii=False, sort_keys=True).splitlines()


def _line(text: str) -> Line:
    kinds = {"+": "plus", "-": "minus", "@": "place"}
    return Line(kind=kinds.get(text[:1], "same"), text=text)
