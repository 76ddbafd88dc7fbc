"""Filters of lists: comparisons, joined by AND, OR and NOT, as AIP-160 has them, and the Logging
query language, which says a little more.
https://cloud.google.com/logging/docs/view/logging-query-language"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.filter_tokens import BadFilter, Token, path_of, tokens_of

T = TypeVar("T")
Match = Callable[[Mapping[str, Any]], bool]
_TIMES = ("timestamp", "receiveTimestamp", "receive_timestamp")
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT",
              "EMERGENCY")  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: bool(found == wanted),
    "!=": lambda found, wanted: bool(found != wanted),
    ">": lambda found, wanted: bool(found > wanted),
    "<": lambda found, wanted: bool(found < wanted),
    ">=": lambda found, wanted: bool(found >= wanted),
    "<=": lambda found, wanted: bool(found <= wanted),
}


@dataclass
class Filter:
    """`since` and `until` bound what can match, where all of it has to be of a time."""

    match: Match = lambda entry: True
    since: float = 0.0
    until: float = float("inf")


@dataclass
class _Reader:
    tokens: list[Token]
    bounds: Filter = field(default_factory=Filter)
    place: int = 0
    depth: int = 0  # within OR, NOT and parentheses a time bounds nothing

    def whole(self) -> Filter:
        if not self.tokens:
            return self.bounds
        self.bounds.match = self._any()
        if self.place < len(self.tokens):
            raise BadFilter(f"unexpected '{self.tokens[self.place].text}'")
        return self.bounds

    def _peek(self) -> Token:
        end = Token("end", "", -1)
        return self.tokens[self.place] if self.place < len(self.tokens) else end

    def _next(self) -> Token:
        token = self._peek()
        self.place += 1
        return token

    def _any(self) -> Match:
        found = [self._all()]
        while self._peek().word == "OR":
            self._next()
            if not self.depth:
                self.bounds.since, self.bounds.until, self.depth = 0.0, float("inf"), 1
            found.append(self._all())
        return found[0] if len(found) == 1 else lambda entry: any(one(entry) for one in found)

    def _all(self) -> Match:
        found = [self._one()]
        while self._peek().kind not in ("end", "close") and self._peek().word != "OR":
            if self._peek().word == "AND":
                self._next()
            found.append(self._one())
        return lambda entry: all(one(entry) for one in found)

    def _one(self) -> Match:
        token = self._next()
        if token.word == "NOT" or token.kind == "minus":
            self.depth += 1
            inner = self._one()
            self.depth -= 1
            return lambda entry: not inner(entry)
        if token.kind == "open":
            self.depth += 1
            inner = self._any()
            self.depth -= 1
            if self._next().kind != "close":
                raise BadFilter("a parenthesis is not closed")
            return inner
        if token.kind not in ("word", "text"):
            raise BadFilter(f"unexpected '{token.text or 'end'}'")
        if self._peek().kind == "operator":
            return self._comparison(token)
        return lambda entry: _anywhere(entry, token.value)

    def _comparison(self, name: Token) -> Match:
        operator = self._next().text
        path = path_of(name.text)
        if self._peek().kind == "open":
            return self._one_of(path, operator)
        value = self._next()
        if value.kind not in ("word", "text"):
            raise BadFilter(f"there is no value after {name.text}{operator}")
        if not self.depth and path == ("timestamp",):
            self._bound(operator, value.value)
        return comparison(path, operator, value)

    def _one_of(self, path: tuple[str, ...], operator: str) -> Match:
        """`severity=(ERROR OR CRITICAL)`."""
        self._next()
        found, words = [], set()
        while True:
            found.append(comparison(path, operator, self._next()))
            token = self._next()
            if token.kind == "close":
                break
            words.add(token.word)
        if words - {"OR"} and words - {"AND"}:
            raise BadFilter("a list of values is joined by OR or by AND, not by both")
        join = all if words == {"AND"} else any
        return lambda entry: join(one(entry) for one in found)

    def _bound(self, operator: str, text: str) -> None:
        moment = time_of(text)
        if operator in (">", ">=", "="):
            self.bounds.since = max(self.bounds.since, moment)
        if operator in ("<", "<=", "="):
            self.bounds.until = min(self.bounds.until, moment)


def parse_filter(text: str) -> Filter:
    """Raises BadFilter."""
    return _Reader(tokens_of(text)).whole()


def comparison(path: tuple[str, ...], operator: str, value: Token) -> Match:
    if operator in ("=~", "!~"):
        return _pattern(path, value.value, wanted=operator == "=~")
    if operator == ":":
        return _has(path, value)
    if path[0] == "severity":
        return _severity(operator, value.value)
    if _is_time(path):
        moment = time_of(value.value)
        return lambda entry: _compared(operator, _moment(entry, path), moment)
    wanted = value.value.casefold()

    def match(entry: Mapping[str, Any]) -> bool:
        found = values_at(entry, path)
        if operator == "!=":
            return all(_plain(one) != wanted for one in found)
        return any(_matches(operator, one, wanted) for one in found)

    return match


def _is_time(path: tuple[str, ...]) -> bool:
    """Of the resource itself: what people call their own fields may be anything."""
    return len(path) == 1 and (path[0] in _TIMES or camel(path[0]).endswith("Time"))


def _matches(operator: str, found: Any, wanted: str) -> bool:
    if operator == "=":
        return _plain(found) == wanted
    try:
        return _compared(operator, float(found), float(wanted))
    except (TypeError, ValueError):
        return _compared(operator, _plain(found), wanted)


def _compared(operator: str, found: Any, wanted: Any) -> bool:
    return _COMPARE[operator](found, wanted)


def _pattern(path: tuple[str, ...], text: str, *, wanted: bool) -> Match:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadFilter(f"the regular expression '{text}' cannot be read: {error}") from error
    return lambda entry: (
        wanted == any(pattern.search(str(one)) is not None for one in values_at(entry, path))
    )


def _has(path: tuple[str, ...], value: Token) -> Match:
    """A part of it; of a map a key; `*` asks only whether it is there."""
    wanted = value.value.casefold()

    def match(entry: Mapping[str, Any]) -> bool:
        found = values_at(entry, path)
        if value.text == "*":
            return bool(found)
        return any(_contains(one, wanted) for one in found)

    return match


def _contains(found: Any, wanted: str) -> bool:
    if isinstance(found, Mapping):
        return any(wanted == key.casefold() for key in found)
    return wanted in _plain(found)


def _severity(operator: str, text: str) -> Match:
    name = SEVERITIES[int(text) // 100] if text.isdigit() and int(text) <= 800 else text.upper()
    if name not in SEVERITIES:
        raise BadFilter(f"there is no severity {text}")
    rank = SEVERITIES.index(name)
    return lambda entry: _compared(
        operator, SEVERITIES.index(str(entry.get("severity", "DEFAULT"))), rank
    )


def _anywhere(entry: Any, text: str) -> bool:
    if isinstance(entry, Mapping):
        return any(_anywhere(value, text) for value in entry.values())
    if isinstance(entry, list):
        return any(_anywhere(value, text) for value in entry)
    return text.casefold() in _plain(entry)


def _moment(entry: Mapping[str, Any], path: tuple[str, ...]) -> float:
    """Not a number where there is none, which compares with nothing."""
    found = values_at(entry, path)
    return time_of(str(found[0])) if found else float("nan")


def values_at(value: Any, path: tuple[str, ...]) -> list[Any]:
    """What stands there; within lists, of every item."""
    if isinstance(value, list):
        return [found for item in value for found in values_at(item, path)]
    if not path:
        return [] if value is None else [value]
    if not isinstance(value, Mapping):
        return []
    name = path[0] if path[0] in value else camel(path[0])
    return values_at(value.get(name), path[1:])


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).casefold()


def time_of(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter(f"'{text}' is not a time such as 2027-03-01T12:00:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def filtered(rows: Iterable[T], text: str, show: Callable[[T], Mapping[str, Any]]) -> list[T]:
    """Those of a list that a filter matches, by how the API shows them. Raises
    INVALID_ARGUMENT."""
    if not text.strip():
        return list(rows)
    try:
        wanted = parse_filter(text)
        return [row for row in rows if wanted.match(show(row))]
    except BadFilter as error:
        raise refusal("INVALID_ARGUMENT", f"Invalid list filter: {error}.") from error
