"""Expressions: what stands between `${` and `}`.
https://cloud.google.com/workflows/docs/reference/syntax/expressions"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from provisioning.sandbox.google.workflows import operators
from provisioning.sandbox.google.workflows.errors import BadSource

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>==|!=|<=|>=|//|[-+*/%<>()\[\]{},.:])
    )""",
    re.X,
)
_LITERALS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False,
             "FALSE": False, "null": None, "None": None}  # fmt: skip
_POWER = {"or": 1, "and": 2, "in": 4, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
          "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6}  # fmt: skip
_NOT, _MINUS = 3, 7


class Scope(Protocol):
    """Variables, and the functions that may stand in an expression."""

    def variable(self, name: str) -> Any: ...

    def has(self, name: str) -> bool: ...

    def function(self, name: str, arguments: list[Any]) -> Any: ...

    def constant(self, name: str) -> Any:
        """Of the standard library, `http.default_retry`; raises WorkflowError."""


Evaluate = Callable[[Scope], Any]


class Token(NamedTuple):
    kind: str
    text: str


def value_of(given: Any, scope: Scope) -> Any:
    """A value of a source with all its expressions evaluated."""
    if isinstance(given, str):
        inner = inside(given)
        return given if inner is None else compiled(inner)(scope)
    if isinstance(given, Mapping):
        return {str(value_of(key, scope)): value_of(one, scope) for key, one in given.items()}
    if isinstance(given, list):
        return [value_of(one, scope) for one in given]
    return given


def inside(text: str) -> str | None:
    """The expression, of a text that is one."""
    stripped = text.strip()
    return stripped[2:-1] if stripped.startswith("${") and stripped.endswith("}") else None


def check(given: Any) -> None:
    """Raises BadSource for an expression that cannot be read."""
    if isinstance(given, str):
        inner = inside(given)
        if inner is not None:
            compiled(inner)
    elif isinstance(given, Mapping):
        for key, one in given.items():
            check(key)
            check(one)
    elif isinstance(given, list):
        for one in given:
            check(one)


@lru_cache(maxsize=4096)
def compiled(text: str) -> Evaluate:
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._read(text))
        self._place = 0

    def whole(self) -> Evaluate:
        found = self._expression(0)
        if self._peek().kind != "end":
            raise self._bad(f"unexpected '{self._peek().text}'")
        return found

    def _read(self, text: str) -> list[Token]:
        tokens, at = [], 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise self._bad(f"unexpected '{text[at:].strip()[:1]}'")
            tokens.append(Token(match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return tokens

    def _bad(self, reason: str) -> BadSource:
        return BadSource(f"parse error in expression '{self._text.strip()}': {reason}")

    def _peek(self) -> Token:
        end = Token("end", "end of expression")
        return self._tokens[self._place] if self._place < len(self._tokens) else end

    def _next(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _expect(self, sign: str) -> None:
        token = self._next()
        if token.text != sign:
            raise self._bad(f"expected '{sign}', found '{token.text}'")

    def _expression(self, power: int) -> Evaluate:
        left = self._prefix()
        while _POWER.get(self._peek().text, 0) > power and self._peek().kind != "text":
            operator = self._next().text
            left = _joined(operator, left, self._expression(_POWER[operator]))
        return left

    def _prefix(self) -> Evaluate:
        token = self._next()
        if token.text == "not" and token.kind == "name":
            inner = self._expression(_NOT)
            return lambda scope: not operators.boolean(inner(scope))
        if token.text == "-" and token.kind == "sign":
            number = self._expression(_MINUS)
            return lambda scope: operators.negative(number(scope))
        return self._followed(self._primary(token))

    def _primary(self, token: Token) -> Evaluate:
        if token.kind == "number":
            value = float(token.text) if "." in token.text else int(token.text)
            return lambda scope: value
        if token.kind == "text":
            text = _unquoted(token.text)
            return lambda scope: text
        if token.kind == "name":
            return self._named(token.text)
        if token.text == "(":
            inner = self._expression(0)
            self._expect(")")
            return inner
        if token.text == "[":
            items = self._items("]")
            return lambda scope: [one(scope) for one in items]
        if token.text == "{":
            return self._map()
        raise self._bad(f"unexpected '{token.text}'")

    def _named(self, first: str) -> Evaluate:
        """A literal, a variable, a function with its arguments, or a constant of the library."""
        if first in _LITERALS:
            literal = _LITERALS[first]
            return lambda scope: literal
        path = [first]
        start = self._place
        while self._peek().text == "." and self._peek().kind == "sign":
            self._next()
            path.append(self._next().text)
        if self._peek().text == "(":
            self._next()
            arguments, name = self._items(")"), ".".join(path)
            return lambda scope: scope.function(name, [one(scope) for one in arguments])
        whole = ".".join(path)
        self._place = start

        def variable(scope: Scope) -> Any:
            return scope.variable(first) if scope.has(first) else scope.constant(whole)

        return _Rooted(variable, first)

    def _followed(self, value: Evaluate) -> Evaluate:
        """`.member`, `[index]`, as often as they come."""
        root = value.name if isinstance(value, _Rooted) else ""
        while self._peek().text in (".", "[") and self._peek().kind == "sign":
            if self._next().text == ".":
                key: Evaluate = _constant(self._next().text)
            else:
                key = self._expression(0)
                self._expect("]")
            value = _member(value, key, root)
        return value

    def _items(self, end: str) -> list[Evaluate]:
        items: list[Evaluate] = []
        while self._peek().text != end:
            items.append(self._expression(0))
            if self._peek().text != ",":
                break
            self._next()
        self._expect(end)
        return items

    def _map(self) -> Evaluate:
        pairs: list[tuple[Evaluate, Evaluate]] = []
        while self._peek().text != "}":
            key = self._expression(0)
            self._expect(":")
            pairs.append((key, self._expression(0)))
            if self._peek().text != ",":
                break
            self._next()
        self._expect("}")
        return lambda scope: {str(key(scope)): one(scope) for key, one in pairs}


class _Rooted:
    """A variable, or the beginning of a constant's name, which has no members."""

    def __init__(self, evaluate: Evaluate, name: str) -> None:
        self._evaluate = evaluate
        self.name = name

    def __call__(self, scope: Scope) -> Any:
        return self._evaluate(scope)


def _constant(text: str) -> Evaluate:
    return lambda scope: text


def _member(value: Evaluate, key: Evaluate, root: str) -> Evaluate:
    def found(scope: Scope) -> Any:
        holder = value(scope)
        if root and not scope.has(root):
            return holder  # the whole constant
        return operators.member(holder, key(scope))

    return found


def _joined(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if operator == "and":
        return lambda scope: operators.boolean(left(scope)) and operators.boolean(right(scope))
    if operator == "or":
        return lambda scope: operators.boolean(left(scope)) or operators.boolean(right(scope))
    return lambda scope: operators.applied(operator, left(scope), right(scope))


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        inner = text[1:-1].replace("\\'", "'").replace('"', '\\"')
        text = f'"{inner}"'
    try:
        return str(json.loads(text))
    except ValueError:  # an escape that JSON does not have, such as \d in a pattern
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
