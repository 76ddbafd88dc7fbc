"""JSON that remembers its lines. The standard reader judges the syntax; this one adds where
every value stands, for errors that are found later."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class NotJson(Exception):
    """The text is no JSON; `line` is where it stops being some."""

    def __init__(self, message: str, line: int) -> None:
        self.message = message
        self.line = line
        super().__init__(message)


@dataclass(frozen=True)
class Node:
    """A value and the line (from 1) that it begins on. Exactly one of the three is filled."""

    line: int
    scalar: str | int | float | bool | None = None
    items: list[Node] | None = None
    members: dict[str, Node] | None = None
    repeated: dict[str, int] = field(default_factory=dict)  # key → line of its repetition

    @property
    def plain(self) -> Any:
        if self.members is not None:
            return {key: node.plain for key, node in self.members.items()}
        if self.items is not None:
            return [node.plain for node in self.items]
        return self.scalar

    @property
    def text(self) -> str | None:
        return self.scalar if isinstance(self.scalar, str) else None

    def get(self, key: str) -> Node | None:
        return self.members.get(key) if self.members is not None else None

    def walk(self) -> Iterator[Node]:
        """This node and all inside it, outermost first."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += reversed([*(node.items or ()), *(node.members or {}).values()])


def read(text: str) -> Node:
    try:
        json.loads(text, parse_constant=_no_constant)
        return _Reader(text).value()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"This is not JSON: {error.msg} ({where}).", error.lineno) from error
    except RecursionError as error:
        raise NotJson("This is nested too deeply.", 1) from error
    except ValueError as error:
        raise NotJson(f"This is not JSON: {error}.", 1) from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


class _Reader:
    """Reads text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._tokens = [(match.group(), match.start()) for match in _TOKEN.finditer(text)]
        self._at = 0

    def value(self) -> Node:
        word, line = self._next()
        if word == "{":
            return self._object(line)
        if word == "[":
            return self._array(line)
        return Node(line, scalar=json.loads(word))

    def _object(self, line: int) -> Node:
        members: dict[str, Node] = {}
        repeated: dict[str, int] = {}
        while True:
            word, at = self._next()
            if word == "}":
                return Node(line, members=members, repeated=repeated)
            if word == ",":
                continue
            key = json.loads(word)
            if key in members:
                repeated[key] = at
            self._next()  # the colon
            members[key] = self.value()

    def _array(self, line: int) -> Node:
        items: list[Node] = []
        while self._tokens[self._at][0] != "]":
            if self._tokens[self._at][0] == ",":
                self._at += 1
            else:
                items.append(self.value())
        self._at += 1
        return Node(line, items=items)

    def _next(self) -> tuple[str, int]:
        word, position = self._tokens[self._at]
        self._at += 1
        return word, bisect_right(self._newlines, position) + 1
