"""Reading requests: JSON that the databases can keep, and queries as forms send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from provisioning.errors import InvalidInput, Problem

DEEPEST = 60  # deeper than any cloud's own documents; libraries give up at some hundreds
SHOWN = 3  # parts of the path of what lies too deep


class Reading(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return storable(request.body)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """`?status=` is what a form sends for a filter that nobody set."""
        found = super().parse_querydict(data, list_fields, request)
        return {name: value for name, value in found.items() if value != ""}


def storable(text: bytes) -> Any:
    """What a body says; InvalidInput where a database could not keep it."""
    body = json.loads(text)
    if problems := list(_unstorable(body)):
        raise InvalidInput(problems)
    return body


def _unstorable(body: object) -> Iterator[Problem]:
    """Text and numbers that JSON has, or Python reads as JSON, and databases have not.

    A stack instead of recursion: a body may be nested deeper than Python may call.
    """
    waiting: list[tuple[str, object, int]] = [("", body, 0)]
    while waiting:
        field, value, depth = waiting.pop()
        if depth > DEEPEST:
            yield Problem(_top(field), "This is nested too deeply to be kept.")
        elif isinstance(value, dict):
            inside = [(f"{field}.{name}".lstrip("."), each) for name, each in value.items()]
            waiting += [(path, each, depth + 1) for path, each in reversed(inside)]
            if not all(map(_storable, value)):
                yield Problem(field, "A name in here has characters that cannot be kept.")
        elif isinstance(value, list):
            inside = [(f"{field}.{place}".lstrip("."), each) for place, each in enumerate(value)]
            waiting += [(path, each, depth + 1) for path, each in reversed(inside)]
        elif isinstance(value, str) and not _storable(value):
            yield Problem(field, "This text has characters that cannot be kept, such as NUL.")
        elif isinstance(value, float) and not isfinite(value):
            yield Problem(field, "This is not a number that can be kept.")


def _top(field: str) -> str:
    return ".".join(field.split(".")[:SHOWN])


def _storable(text: str) -> bool:
    """NUL is what PostgreSQL refuses; half of a surrogate pair is no text in UTF-8."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
