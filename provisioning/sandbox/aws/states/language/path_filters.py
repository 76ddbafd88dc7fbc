"""The conditions of `[?(…)]` in a path: comparisons joined by &&, || and !."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.aws.states.language.paths import BadPath, NotThere, Path

Condition = Callable[[Any], bool]
Operand = Callable[[Any], Any]
ReadParts = Callable[[str, int], tuple[Path, int]]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>|=~|in\b|nin\b")
_LITERAL = re.compile(
    r"'(?P<single>(?:\\.|[^'\\])*)'|(?P<json>\"(?:\\.|[^\"\\])*\"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
    r"|true|false|null|\[[^\]]*\])|/(?P<regex>(?:\\.|[^/\\])*)/(?P<flags>i?)"
)
_ABSENT = object()


def read_filter(text: str, at: int, read_parts: ReadParts) -> tuple[Condition, int]:
    """The condition from a position on, and where it ends; raises BadPath."""
    reader = _Reader(text, at, read_parts)
    return reader.any_of(), reader.at


class _Reader:
    def __init__(self, text: str, at: int, read_parts: ReadParts) -> None:
        self.text = text
        self.at = at
        self._read_parts = read_parts

    def any_of(self) -> Condition:
        conditions = [self._all_of()]
        while self._took("||"):
            conditions.append(self._all_of())
        return lambda value: any(each(value) for each in conditions)

    def _all_of(self) -> Condition:
        conditions = [self._one()]
        while self._took("&&"):
            conditions.append(self._one())
        return lambda value: all(each(value) for each in conditions)

    def _one(self) -> Condition:
        if self._took("!"):
            denied = self._one()
            return lambda value: not denied(value)
        if self._took("("):
            inner = self.any_of()
            if not self._took(")"):
                raise BadPath(f") is needed at {self.at}")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._operand()
        self._skip()
        found = _OPERATOR.match(self.text, self.at)
        if not found:
            return lambda value: left(value) is not _ABSENT
        self.at = found.end()
        return _compared(left, found.group(), self._operand())

    def _operand(self) -> Operand:
        self._skip()
        if self._took("@"):
            path, self.at = self._read_parts(self.text, self.at)
            return lambda value: _looked_up(path, value)
        found = _LITERAL.match(self.text, self.at)
        if not found:
            raise BadPath(f"a value is needed at {self.at}")
        self.at = found.end()
        literal = _literal(found)
        return lambda value: literal

    def _took(self, word: str) -> bool:
        self._skip()
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def _skip(self) -> None:
        while self.text[self.at : self.at + 1] == " ":
            self.at += 1


def _literal(found: re.Match[str]) -> Any:
    if found["single"] is not None:
        return re.sub(r"\\(.)", r"\1", found["single"])
    if found["regex"] is not None:
        return re.compile(found["regex"], re.IGNORECASE if found["flags"] else 0)
    try:
        return json.loads(found["json"].replace("'", '"'))
    except ValueError as error:
        raise BadPath(str(error)) from error


def _looked_up(path: Path, value: Any) -> Any:
    try:
        return path.find(value)
    except NotThere:
        return _ABSENT


def _compared(left: Operand, word: str, right: Operand) -> Condition:
    def condition(value: Any) -> bool:
        one, other = left(value), right(value)
        if one is _ABSENT or other is _ABSENT:
            return False
        if word == "=~":
            return isinstance(one, str) and other.fullmatch(one) is not None
        if word in ("in", "nin"):
            return (one in other) == (word == "in")
        if word in ("==", "!="):
            same = one == other and isinstance(one, bool) == isinstance(other, bool)
            return same == (word == "==")
        return _comparable(one, other) and _OPERATORS[word](one, other)

    return condition


def _comparable(one: Any, other: Any) -> bool:
    numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)
    )
    return numbers or (isinstance(one, str) and isinstance(other, str))
