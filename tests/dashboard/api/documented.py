"""Is an answer what the OpenAPI document promises? Every answer of these tests is asked."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from dashboard.api.api import api

PREFIX = "/api/v1"
formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    if isinstance(value, str):
        assert datetime.fromisoformat(value).tzinfo, f"{value} has no zone"
    return True


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = api.get_openapi_schema()
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path template, operation) of all there are."""
    return [
        (method, path.removeprefix(PREFIX), operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    for known, template, operation in operations():
        if known == method.lower() and re.fullmatch(_pattern(template, operation), path):
            return operation
    return None


def _pattern(template: str, operation: dict[str, Any]) -> str:
    types = {each["name"]: each["schema"].get("type") for each in operation["parameters"]}
    return re.sub(
        r"\{([^}]+)\}", lambda found: r"\d+" if types[found[1]] == "integer" else "[^/]+", template
    )


def check(method: str, path: str, answer: Any) -> None:
    """Fails unless status, content type and body are as documented."""
    operation = operation_of(method, path.partition("?")[0])
    if operation is None:
        assert answer.status_code in (404, 405), f"{method} {path} is not documented"
        validate(answer, {"$ref": "#/components/schemas/ProblemOut"})
        return
    documented = operation["responses"].get(str(answer.status_code))
    assert documented, f"{method} {path}: {answer.status_code} is not documented: {answer.content}"
    content = documented.get("content")
    if content is None:
        assert answer.content == b""
        return
    kind = answer["Content-Type"].partition(";")[0]
    assert kind in content, f"{method} {path}: {kind} is not documented"
    if kind.endswith("json"):
        validate(answer, content[kind]["schema"])


def validate(answer: Any, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(whole, format_checker=formats).validate(answer.json())
