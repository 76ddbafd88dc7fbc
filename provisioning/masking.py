"""Nothing secret leaves a process: not in an event, not in an error, not in a line of a log."""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[secret]"
# Shorter ones are no secrets but words, and would riddle the log.
SHORTEST = 6
# Fields of events that hold our own words; a secret that is one of these is none.
OURS = frozenset({"type", "time", "level", "phase", "state", "op", "status", "seconds"})
MOST_REMEMBERED = 300


class Masker:
    """Replaces secrets in text, in the forms in which programs write them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: list[str] = []
        self._in_json: list[str] = []
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """What became known later."""
        forms = {form for secret in secrets for form in _forms(secret)} | set(self._forms)
        self._forms = sorted(forms, key=len, reverse=True)  # a secret may be part of another
        self._in_json = [json.dumps(form)[1:-1] for form in self._forms]

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """The same for every text within a JSON value, keys included."""
        # Hardly any value holds a secret, and looking through its JSON as a whole is far cheaper
        # than through each text. JSON writes a text's characters one by one: none is overlooked.
        written = json.dumps(value)
        return self._within(value) if any(form in written for form in self._in_json) else value

    def _within(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._within(each) for each in value]
        if isinstance(value, dict):
            return {
                self.text(key): each
                if key in OURS and isinstance(each, str)
                else self._within(each)
                for key, each in value.items()
            }
        return value


class Remembered:
    """The secrets that this process has opened: whatever it says, it says without them.

    The newest ones only, so that a process that lives for months does not grow.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._secrets: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()
        self._masker = Masker(())

    def add(self, secrets: Iterable[str]) -> None:
        given = [secret for secret in secrets if secret]
        with self._lock:
            new = [secret for secret in given if secret not in self._secrets]
            for secret in given:
                self._secrets[secret] = None
                self._secrets.move_to_end(secret)
            while len(self._secrets) > self._most:
                self._secrets.popitem(last=False)
            if new:
                self._masker = Masker(self._secrets)

    def mask(self, text: str) -> str:
        return self._masker.text(text)


_remembered = Remembered()
remember = _remembered.add
masked = _remembered.mask


def _forms(secret: str) -> Iterable[str]:
    if len(secret.strip()) >= SHORTEST:
        yield from _encoded(secret.encode())
    parts = [secret, *secret.splitlines()]  # a private key comes line by line
    for part in parts:
        if len(part.strip()) >= SHORTEST:
            yield from {part, json.dumps(part)[1:-1], quote(part, safe=""), quote_plus(part)}


def _encoded(secret: bytes) -> Iterable[str]:
    """In hex, and within base64 wherever it begins, without the ends that depend on the rest."""
    yield secret.hex()
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * shift + secret).decode()[skip:-4]
            if len(form) >= 2 * SHORTEST:
                yield form
