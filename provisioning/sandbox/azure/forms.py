"""The form of a JSON document: what has to be a text, a number, a list or a record.

What is null counts as absent, as it does for the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.sandbox.azure.errors import bad_request

Form = Callable[[Any, str], Iterator[str]]


def require_form(value: Any, form: Form, *, at: str, target: str | None = None) -> None:
    """Raises RestError for the first thing that is of another form."""
    wrong = next(form(value, at), None)
    if wrong is not None:
        raise bad_request(wrong, target=target)


def text(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _wrong(value, at, "String")


def number(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield _wrong(value, at, "Number")


def integer(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _wrong(value, at, "Integer")


def boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _wrong(value, at, "Boolean")


def anything(value: Any, at: str) -> Iterator[str]:
    yield from ()


def one_of(*choices: str) -> Form:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in choices:
            yield f"'{at}' is one of {', '.join(choices)}."

    return check


def either(*forms: Form) -> Form:
    def check(value: Any, at: str) -> Iterator[str]:
        problems = [next(form(value, at), None) for form in forms]
        if all(problems):
            yield str(problems[0])

    return check


def listed(item: Form) -> Form:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _wrong(value, at, "Array")
            return
        for number, each in enumerate(value):
            yield from item(each, f"{at}[{number}]")

    return check


def mapped(item: Form) -> Form:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield _wrong(value, at, "Object")
            return
        for name, each in value.items():
            yield from item(each, f"{at}.{name}")

    return check


def record(members: Mapping[str, Form], *, needs: tuple[str, ...] = ()) -> Form:
    """Other members may be there, of any form."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield _wrong(value, at, "Object")
            return
        for name in needs:
            if value.get(name) is None:
                yield f"Required property '{name}' is missing in payload. Path '{at}'."
        for name, form in members.items():
            if value.get(name) is not None:
                yield from form(value[name], f"{at}.{name}")

    return check


def _wrong(value: Any, at: str, kind: str) -> str:
    return f"Error converting the value of '{at}': it is {_named(value)}, not of type {kind}."


def _named(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "an Object" if isinstance(value, dict) else "an Array"
    return "null" if value is None else f"'{value}'"
