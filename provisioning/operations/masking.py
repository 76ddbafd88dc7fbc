"""Nothing secret leaves an operation's process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[secret]"
# Shorter ones are no secrets but words, and would riddle the log.
SHORTEST = 6
# Fields of events that hold our own words; a secret that is one of these is none.
OURS = frozenset({"type", "time", "level", "phase", "state", "op", "status", "seconds"})


class Masker:
    """Replaces secrets in text, in the forms in which programs write them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)  # a secret may be part of another

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """The same for every text within a JSON value, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {
                self.text(key): each if key in OURS and isinstance(each, str) else self.value(each)
                for key, each in value.items()
            }
        return value


def _forms(secret: str) -> Iterable[str]:
    parts = [secret, *secret.splitlines()]  # a private key comes line by line
    for part in parts:
        if len(part.strip()) >= SHORTEST:
            yield from {part, json.dumps(part)[1:-1], quote(part, safe=""), quote_plus(part)}
