"""Reads and evaluates intrinsic functions: `States.Format('{}-{}', $.a, States.UUID())`.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from provisioning.sandbox.aws.states.language.functions import ANY_NUMBER, FUNCTIONS, WrongArgument
from provisioning.sandbox.aws.states.language.problems import EvaluationFailed
from provisioning.sandbox.aws.states.language.scope import Scope, check_path

_CALL = re.compile(r"(States\.[A-Za-z0-9]+)\(")
_TEXT = re.compile(r"'((?:\\.|[^'\\])*)'")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
INTRINSIC_FAILURE = "States.IntrinsicFailure"


class BadIntrinsic(ValueError):
    """The text is no call of an intrinsic function."""


@dataclass(frozen=True)
class Literal:
    value: Any  # a text as it is written, with its escapes

    def of(self, scope: Scope, field: str) -> Any:
        return _ESCAPE.sub(r"\1", self.value) if isinstance(self.value, str) else self.value


@dataclass(frozen=True)
class Reference:
    path: str

    def of(self, scope: Scope, field: str) -> Any:
        return scope.specified(self.path, field)


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Argument, ...]

    def of(self, scope: Scope, field: str) -> Any:
        """Raises EvaluationFailed."""
        values = [argument.of(scope, field) for argument in self.arguments]
        if self.name == "States.Format" and isinstance(self.arguments[0], Literal):
            values[0] = self.arguments[0].value
        try:
            return FUNCTIONS[self.name].work(*values)
        except WrongArgument as error:
            raise EvaluationFailed(INTRINSIC_FAILURE, f"{self.name}: {error}") from error


Argument = Literal | Reference | Call


def is_intrinsic(text: str) -> bool:
    return text.startswith("States.")


@cache
def read_intrinsic(text: str) -> Call:
    """Raises BadIntrinsic, or BadPath for an argument that is no path."""
    reader = _Reader(text)
    call = reader.call()
    if reader.at != len(text):
        raise BadIntrinsic(f"'{text[reader.at :]}' is left over")
    return call


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def call(self) -> Call:
        found = _CALL.match(self.text, self.at)
        if not found:
            raise BadIntrinsic(f"a function is needed at {self.at}")
        function = FUNCTIONS.get(found[1])
        if function is None:
            raise BadIntrinsic(f"there is no function {found[1]}")
        self.at = found.end()
        arguments = tuple(self._arguments())
        least, most = function.counts
        if not least <= len(arguments) <= (most if most != ANY_NUMBER else len(arguments)):
            raise BadIntrinsic(f"{found[1]} does not take {len(arguments)} arguments")
        return Call(found[1], arguments)

    def _arguments(self) -> list[Argument]:
        arguments: list[Argument] = []
        self._skip()
        while not self._took(")"):
            if arguments and not self._took(","):
                raise BadIntrinsic(f", or ) is needed at {self.at}")
            self._skip()
            arguments.append(self._argument())
            self._skip()
        return arguments

    def _argument(self) -> Argument:
        if quoted := _TEXT.match(self.text, self.at):
            self.at = quoted.end()
            return Literal(quoted[1])
        if self.text.startswith("States.", self.at):
            return self.call()
        if self.text.startswith("$", self.at):
            return self._reference()
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return Literal(json.loads(number.group()))
        for word, value in _WORDS.items():
            if self._took(word):
                return Literal(value)
        raise BadIntrinsic(f"an argument is needed at {self.at}")

    def _reference(self) -> Reference:
        start, depth, quote = self.at, 0, ""
        while self.at < len(self.text):
            sign = self.text[self.at]
            if quote:
                quote = "" if sign == quote else quote
            elif sign in "'\"":
                quote = sign
            elif sign in "[(":
                depth += 1
            elif sign in "])" and depth:
                depth -= 1
            elif sign in ",)":
                break
            self.at += 1
        path = self.text[start : self.at].rstrip()
        check_path(path)
        return Reference(path)

    def _took(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def _skip(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
