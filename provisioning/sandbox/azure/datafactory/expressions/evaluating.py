"""The value of an expression, given what it may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.functions import FUNCTIONS
from provisioning.sandbox.azure.datafactory.expressions.parsing import (
    Call,
    Literal,
    Member,
    Node,
)
from provisioning.sandbox.azure.datafactory.expressions.values import written

# What depends on where an expression stands: pipeline, item, activity, variables, trigger, …
Surroundings = Mapping[str, Callable[..., Any]]


class Evaluator:
    """`now` is the time of the sandbox, in seconds."""

    def __init__(self, surroundings: Surroundings, *, now: float) -> None:
        self._surroundings = {name.lower(): each for name, each in surroundings.items()}
        self._now = now

    def value(self, node: Node, text: str) -> Any:
        """`text` is the whole expression, for the words of an error."""
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Member):
            return self._member(node, text)
        return self._call(node, text)

    def _call(self, node: Call, text: str) -> Any:
        name = node.function.lower()
        if name == "if":
            return self._if(node, text)
        if name in ("and", "or"):
            return self._logic(name, node, text)
        if name == "coalesce":
            values = (self.value(each, text) for each in node.arguments)
            return next((each for each in values if each is not None), None)
        arguments = [self.value(each, text) for each in node.arguments]
        if name in self._surroundings:
            return _called(self._surroundings[name], node.function, arguments)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(
                f"The template function '{node.function}' is not defined or not valid."
            )
        return _called(function(self._now), node.function, arguments)

    def _if(self, node: Call, text: str) -> Any:
        if len(node.arguments) != 3:
            raise _wrong_count("if", len(node.arguments))
        chosen = 1 if _boolean("if", self.value(node.arguments[0], text)) else 2
        return self.value(node.arguments[chosen], text)

    def _logic(self, name: str, node: Call, text: str) -> bool:
        if len(node.arguments) < 2:
            raise _wrong_count(name, len(node.arguments))
        values = (_boolean(name, self.value(each, text)) for each in node.arguments)
        return all(values) if name == "and" else any(values)

    def _member(self, node: Member, text: str) -> Any:
        of, index = self.value(node.of, text), self.value(node.index, text)
        if of is None:
            if node.optional:
                return None
            raise ExpressionError(
                f"The expression '{text}' cannot be evaluated because property '{index}' cannot "
                "be selected."
            )
        if isinstance(of, Mapping):
            return _property(of, str(index), text, optional=node.optional)
        if isinstance(of, list) and isinstance(index, int):
            return _item(of, index, text, optional=node.optional)
        raise ExpressionError(
            f"The expression '{text}' cannot be evaluated because property '{index}' cannot be "
            f"selected. Property selection is not supported on values of type "
            f"'{type_name(of)}'."
        )


def type_name(value: Any) -> str:
    """As JSON.NET calls it."""
    if isinstance(value, bool):
        return "Boolean"
    names = {str: "String", int: "Integer", float: "Float", list: "Array", dict: "Object"}
    return names.get(type(value), "Null")


def _property(of: Mapping[str, Any], name: str, text: str, *, optional: bool) -> Any:
    """Exactly spelled, or else in any case."""
    if name in of:
        return of[name]
    for key, value in of.items():
        if key.lower() == name.lower():
            return value
    if optional:
        return None
    available = ", ".join(of)
    raise ExpressionError(
        f"The expression '{text}' cannot be evaluated because property '{name}' doesn't exist, "
        f"available properties are '{available}'."
    )


def _item(of: list[Any], index: int, text: str, *, optional: bool) -> Any:
    if 0 <= index < len(of):
        return of[index]
    if optional:
        return None
    raise ExpressionError(
        f"The expression '{text}' cannot be evaluated because array index '{index}' is outside "
        f"bounds (0, {len(of) - 1}) of array."
    )


def _called(function: Callable[..., Any], name: str, arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except TypeError as error:
        raise ExpressionError(
            f"The template language function '{name}' was called with arguments that it does not "
            f"take: {', '.join(written(each) for each in arguments)}."
        ) from error
    except (ValueError, OverflowError, LookupError) as error:
        raise ExpressionError(
            f"The template language function '{name}' failed: {error}."
        ) from error


def _wrong_count(name: str, count: int) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{name}' was called with '{count}' arguments, which is "
        "not what it takes."
    )


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ExpressionError(
        f"The template language function '{name}' expects its parameters to be boolean. The "
        f"provided value is of type '{type_name(value)}'."
    )
