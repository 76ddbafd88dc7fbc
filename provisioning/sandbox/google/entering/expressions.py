"""What a provider says about identity tokens: which claims become attributes, and whom it takes.

Google evaluates the Common Expression Language; here are its comparisons of claims with each
other and with text, joined by && and ||. Whatever else is written is refused when it is stored.
https://cloud.google.com/iam/docs/workload-identity-federation#mapping
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^'\\]*'|"[^"\\]*")|(?P<number>\d+)|(?P<sign>==|!=|&&|\|\||[().,+!\[\]])"""
    r"""|(?P<word>[A-Za-z_]\w*))\s*"""
)
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
_CONSTANTS = {"true": True, "false": False}

Scope = Mapping[str, Any]  # "assertion", "attribute", "google"
Expression = Callable[[Scope], Any]


class NotUnderstood(Exception):
    """An expression that the sandbox does not evaluate; the message says where it stopped."""


class NoValue(Exception):
    """A claim that the token does not have, or values that cannot be compared."""


def parse(text: str) -> Expression:
    """Raises NotUnderstood."""
    parser = _Parser(_tokens(text), text)
    found = parser.either()
    parser.require_end()
    return found


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise NotUnderstood(f"It stops at: {text[place:].strip()[:40]}")
        found.append(match.group().strip())
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._at = 0

    def either(self) -> Expression:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda scope: any(one(scope) for one in parts)

    def _both(self) -> Expression:
        parts = [self._comparison()]
        while self._take("&&"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda scope: all(one(scope) for one in parts)

    def _comparison(self) -> Expression:
        if self._take("!"):
            inner = self._comparison()
            return lambda scope: not inner(scope)
        left = self._sum()
        if self._take("=="):
            right = self._sum()
            return lambda scope: left(scope) == right(scope)
        if self._take("!="):
            other = self._sum()
            return lambda scope: left(scope) != other(scope)
        if self._take("in"):
            options = self._list() if self._next() == "[" else self._value()
            return lambda scope: _is_in(left(scope), options(scope))
        return left

    def _sum(self) -> Expression:
        parts = [self._value()]
        while self._take("+"):
            parts.append(self._value())
        if len(parts) == 1:
            return parts[0]
        return lambda scope: "".join(_text(one(scope)) for one in parts)

    def _list(self) -> Expression:
        self._require("[")
        items = [self._sum()]
        while self._take(","):
            items.append(self._sum())
        self._require("]")
        return lambda scope: [one(scope) for one in items]

    def _value(self) -> Expression:
        if self._take("("):
            found = self.either()
            self._require(")")
        else:
            found = self._first()
        while self._next() in (".", "["):
            found = self._further(found)
        return found

    def _first(self) -> Expression:
        token = self._pop()
        if token[:1] in "'\"" and token:
            return lambda scope: token[1:-1]
        if token.isdigit():
            return lambda scope: int(token)
        if token in _CONSTANTS:
            return lambda scope: _CONSTANTS[token]
        if token in ("assertion", "attribute", "google"):
            return lambda scope: scope[token]
        raise self._stopped(token)

    def _further(self, of: Expression) -> Expression:
        if self._take("["):
            name = self._sum()
            self._require("]")
            return lambda scope: _member(of(scope), name(scope))
        self._require(".")
        word = self._pop()
        if word in _METHODS and self._take("("):
            method, given = _METHODS[word], self._sum()
            self._require(")")
            return lambda scope: method(_text(of(scope)), _text(given(scope)))
        if not word.isidentifier():
            raise self._stopped(word)
        return lambda scope: _member(of(scope), word)

    def require_end(self) -> None:
        if self._at < len(self._tokens):
            raise self._stopped(self._next())

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _pop(self) -> str:
        token = self._next()
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        if self._next() == token:
            self._at += 1
            return True
        return False

    def _require(self, token: str) -> None:
        if not self._take(token):
            raise self._stopped(self._next())

    def _stopped(self, token: str) -> NotUnderstood:
        return NotUnderstood(f"It stops at '{token}'." if token else "It ends too early.")


def _member(of: Any, name: Any) -> Any:
    if not isinstance(of, Mapping) or name not in of:
        raise NoValue(str(name))
    return of[name]


def _is_in(value: Any, options: Any) -> bool:
    if not isinstance(options, list):
        raise NoValue(str(options))
    return value in options


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NoValue(str(value))
    return value
