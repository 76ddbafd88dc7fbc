"""The words of a filter in the Logging query language."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*)
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<open>\() | (?P<close>\))
    | (?P<operator>!=|>=|<=|=~|!~|=|>|<|:)
    | (?P<minus>-(?=[^\s\d]))
    | (?P<word>(?:[^\s()=:<>!"\\]|\\.)+(?:"(?:[^"\\]|\\.)*"(?:[^\s()=:<>!"\\]|\\.)*)*)
    """,
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class BadFilter(Exception):
    """The filter cannot be read; the text says where."""


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    place: int

    @property
    def word(self) -> str:
        """AND, OR or NOT, which are words of the language only when written so."""
        return self.text if self.kind == "word" else ""

    @property
    def value(self) -> str:
        return unquoted(self.text) if self.kind == "text" else self.text


def tokens_of(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadFilter(f"unexpected '{text[place]}' at {place}")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], place))
        place = match.end()
    return found


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def path_of(text: str) -> tuple[str, ...]:
    """`labels."a.b"` is two names."""
    names = re.findall(r'"((?:[^"\\]|\\.)*)"|([^."]+)', text)
    return tuple(quoted or plain for quoted, plain in names)
