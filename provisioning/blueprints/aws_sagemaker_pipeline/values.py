"""Texts as values of a pipeline's parameter types."""

from __future__ import annotations

import math

BOOLEANS = {"true": True, "false": False}


def typed(text: str, kind: str) -> str | int | float | bool:
    """Raises ValueError where the text is no value of this type."""
    if kind in ("Integer", "Float") and "_" in text:
        raise ValueError(text)  # Python would take 1_000, SageMaker does not
    if kind == "Integer":
        return int(text)
    if kind == "Float":
        return _finite(float(text))
    if kind == "Boolean":
        if text.lower() not in BOOLEANS:
            raise ValueError(text)
        return BOOLEANS[text.lower()]
    return text


def problem(text: str, kind: str) -> str | None:
    try:
        typed(text, kind)
    except ValueError:
        return {
            "Integer": "This has to be a whole number.",
            "Float": "This has to be a number.",
            "Boolean": "This has to be true or false.",
        }[kind]
    return None


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(number)
    return number
