"""Documents whose texts may be expressions, or have some inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.parsing import parse, parse_prefix
from provisioning.sandbox.azure.datafactory.expressions.values import written


def is_expression(value: Any) -> bool:
    """Whether it is one as a whole, or has one in it."""
    if isinstance(value, Mapping):
        return value.get("type") == "Expression" and "value" in value
    return isinstance(value, str) and ("@{" in value or value.startswith("@"))


def resolve(value: Any, evaluator: Evaluator) -> Any:
    """The document with its expressions replaced by their values. Raises ExpressionError."""
    if isinstance(value, str):
        return _text(value, evaluator)
    if isinstance(value, Mapping):
        if is_expression(value):
            return resolve(value["value"], evaluator)
        return {name: resolve(each, evaluator) for name, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, evaluator) for each in value]
    return value


def _text(text: str, evaluator: Evaluator) -> Any:
    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@") and not text.startswith("@{"):
        return evaluator.value(parse(text[1:]), text[1:])
    return _interpolated(text, evaluator) if "@{" in text else text


def _interpolated(text: str, evaluator: Evaluator) -> str:
    pieces, position = [], 0
    while (begin := text.find("@{", position)) >= 0:
        if text[begin - 1 : begin] == "@":  # "@@{" stands for "@{" itself
            pieces.append(text[position : begin - 1] + "@{")
            position = begin + 2
            continue
        node, end = parse_prefix(text, position=begin + 2)
        closed = text[end:].lstrip()
        if not closed.startswith("}"):
            raise ExpressionError(f"Unable to parse expression '{text}'")
        inner = text[begin + 2 : end].strip()
        pieces += [text[position:begin], written(evaluator.value(node, inner))]
        position = len(text) - len(closed) + 1
    return "".join(pieces) + text[position:]
