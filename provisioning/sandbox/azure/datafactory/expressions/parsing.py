"""From the text of an expression to what it is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | '(?P<text>(?:[^']|'')*)'
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<mark>\?\.|\?\[|[()\[\],.])
    )""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST = 8192
_DEEPEST = 100


@dataclass(frozen=True)
class Literal:
    value: Any


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Member:
    """`of.name` and `of[index]`; an optional one of nothing is nothing."""

    of: Node
    index: Node
    optional: bool


Node = Literal | Call | Member


@lru_cache(maxsize=2000)
def parse(text: str) -> Node:
    """Raises ExpressionError."""
    if len(text) > _LONGEST:
        raise ExpressionError(
            f"The expression has {len(text)} characters, more than the {_LONGEST} allowed."
        )
    parser = _Parser(text, position=0)
    node = parser.expression()
    if parser.rest():
        raise parser.problem()
    return node


def parse_prefix(text: str, *, position: int) -> tuple[Node, int]:
    """The expression that begins there, and where it ends: for those inside of texts."""
    parser = _Parser(text, position=position)
    node = parser.expression()
    return node, parser.position


class _Parser:
    def __init__(self, text: str, *, position: int) -> None:
        self._text = text
        self._depth = 0
        self.position = position

    def rest(self) -> str:
        return self._text[self.position :].strip()

    def problem(self) -> ExpressionError:
        return ExpressionError(f"Unable to parse expression '{self._text}'")

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError(f"The expression is nested deeper than {_DEEPEST} times.")
        node = self._continued(self._primary())
        self._depth -= 1
        return node

    def _continued(self, node: Node) -> Node:
        while True:
            mark = self._peek("mark")
            if mark in (".", "?."):
                self._take()
                name = self._take("name")
                node = Member(node, Literal(name), optional=mark == "?.")
            elif mark in ("[", "?["):
                self._take()
                index = self.expression()
                self._expect("]")
                node = Member(node, index, optional=mark == "?[")
            else:
                return node

    def _primary(self) -> Node:
        match = self._match()
        if match is None:
            raise self.problem()
        self.position = match.end()
        if match["number"] is not None:
            return Literal(_number(match["number"]))
        if match["text"] is not None:
            return Literal(match["text"].replace("''", "'"))
        name = match["name"]
        if name is None:
            raise self.problem()
        if self._peek("mark") == "(":
            return Call(name, self._arguments())
        if name.lower() in _WORDS:
            return Literal(_WORDS[name.lower()])
        raise self.problem()

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        found: list[Node] = []
        if self._peek("mark") == ")":
            self._take()
            return ()
        while True:
            found.append(self.expression())
            mark = self._take("mark")
            if mark == ")":
                return tuple(found)
            if mark != ",":
                raise self.problem()

    def _match(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self.position)

    def _peek(self, kind: str) -> str | None:
        match = self._match()
        return match[kind] if match else None

    def _take(self, kind: str = "mark") -> str:
        match = self._match()
        if match is None or match[kind] is None:
            raise self.problem()
        self.position = match.end()
        return match[kind]

    def _expect(self, mark: str) -> None:
        if self._take() != mark:
            raise self.problem()


def _number(text: str) -> int | float:
    return float(text) if any(letter in text for letter in ".eE") else int(text)
