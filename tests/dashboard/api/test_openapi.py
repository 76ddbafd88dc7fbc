"""The OpenAPI document: valid, complete, and for everybody to read."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from tests.dashboard.api.documented import document, operations

every_operation = pytest.mark.parametrize(
    ("method", "path", "operation"), operations(), ids=[f"{m} {p}" for m, p, _ in operations()]
)


def test_it_is_served_to_everybody_and_valid(db: None) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    validate(answer.json())


def test_it_has_every_call_of_the_issue() -> None:
    assert {f"{method.upper()} {path}" for method, path, _ in operations()} == {
        "GET /blueprints",
        "GET /connections",
        "POST /connections",
        "GET /connections/setup",
        "GET /connections/{id}",
        "PATCH /connections/{id}",
        "DELETE /connections/{id}",
        "POST /connections/{id}/test",
        "POST /connections/{id}/undo",
        "POST /connections/{id}/disable",
        "POST /connections/{id}/enable",
        "GET /clouds",
        "GET /audit",
        "GET /connections/{id}/tests",
        "GET /connections/{id}/tests/{test_id}",
        "GET /connections/{id}/discovered",
        "POST /connections/{id}/discover",
        "POST /pipelines/watch",
        "DELETE /pipelines/{id}/watch",
        "POST /schedules/translate",
        "GET /pipelines",
        "POST /pipelines",
        "GET /pipelines/{id}",
        "PATCH /pipelines/{id}",
        "DELETE /pipelines/{id}",
        "POST /pipelines/{id}/sync",
        "POST /pipelines/{id}/adopt",
        "POST /pipelines/{id}/take_out",
        "POST /pipelines/{id}/let_go",
        "POST /pipelines/{id}/triggers/{trigger_id}/pause",
        "POST /pipelines/{id}/triggers/{trigger_id}/resume",
        "POST /pipelines/{id}/triggers/{trigger_id}/rotate",
        "GET /pipelines/{id}/occurrences",
        "GET /pipelines/{id}/starts",
        "POST /starts/{id}/retry",
        "GET /pipelines/{id}/instances",
        "POST /pipelines/{id}/instances/{name}/start",
        "POST /pipelines/{id}/instances/{name}/stop",
        "GET /pipelines/{id}/events",
        "GET /pipelines/{id}/state",
        "GET /pipelines/{id}/replays",
        "POST /pipelines/{id}/replays",
        "POST /pipelines/{id}/deployments",
        "GET /pipelines/{id}/drift",
        "PATCH /pipelines/{id}/drift",
        "POST /pipelines/{id}/drift/check",
        "POST /pipelines/{id}/drift/restore",
        "POST /pipelines/{id}/drift/accept",
        "GET /pipelines/{id}/lifetime",
        "PUT /pipelines/{id}/lifetime",
        "DELETE /pipelines/{id}/lifetime",
        "GET /deployments",
        "GET /deployments/{id}",
        "GET /deployments/{id}/log",
        "POST /deployments/{id}/approve",
        "POST /deployments/{id}/discard",
        "POST /deployments/{id}/cancel",
        "POST /deployments/{id}/retry",
        "GET /deployments/{id}/repair",
        "POST /deployments/{id}/repair",
        "GET /pipelines/{id}/versions",
        "GET /pipelines/{id}/versions/{number}",
        "GET /pipelines/{id}/versions/{number}/changes",
        "POST /pipelines/{id}/versions/{number}/roll_back",
        "POST /pipelines/{id}/runs",
        "GET /engine",
        "POST /engine/use",
        "POST /engine/look",
        "GET /runs",
        "GET /runs/{id}",
        "GET /runs/{id}/log",
        "GET /runs/{id}/steps/{name}/log",
        "POST /runs/{id}/stop",
        "POST /runs/{id}/rerun",
        "POST /pipelines/{id}/backfills/preview",
        "POST /pipelines/{id}/backfills",
        "GET /backfills/{id}",
        "POST /backfills/{id}/stop",
        "GET /ghosts",
        "POST /ghosts/{id}/fix",
        "POST /ghosts/{id}/ignore",
        "GET /maintenance",
        "POST /maintenance",
        "POST /maintenance/preview",
        "GET /maintenance/{id}",
        "POST /maintenance/{id}/end",
        "GET /calendar",
        "GET /sandbox/clock",
        "POST /sandbox/clock",
        "POST /sandbox/objects",
        "POST /sandbox/events",
        "GET /sandbox/faults",
        "POST /sandbox/faults",
        "DELETE /sandbox/faults/{id}",
        "GET /sandbox/journal",
    }


@every_operation
def test_every_call_says_what_it_is_and_what_it_needs(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in document()["tags"]}
    assert operation["security"] == [{"Bearer": []}]
    assert re.fullmatch(r"[a-z_]+", operation["operationId"])


@every_operation
def test_every_call_tells_its_problems(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    assert {"401", "403"} <= set(responses)
    assert ("404" in responses) == ("{" in path)
    if "requestBody" in operation:
        assert {"400", "413", "422"} <= set(responses)
    for status, response in responses.items():
        assert response["description"]
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


def test_names_of_calls_are_given_once() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_everything_that_is_referred_to_is_there_and_nothing_else() -> None:
    text = str(document())
    named = set(re.findall(r"'#/components/schemas/(\w+)'", text))
    assert named == set(document()["components"]["schemas"])
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_bodies_refuse_unknown_fields_and_say_so() -> None:
    for _, _, operation in operations():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            text = str(content["schema"])
            for name in re.findall(r"schemas/(\w+)", text):
                assert document()["components"]["schemas"][name]["additionalProperties"] is False


def test_credentials_are_written_only() -> None:
    schemas = document()["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Out") or name.endswith("Detail"):
            assert "credential" not in schema["properties"]
    written = schemas["ConnectionIn"]["properties"]["credential"]["anyOf"][0]
    assert written["writeOnly"] is True
    for secret in (
            "secret_access_key", "session_token", "client_secret", "certificate_data", "password",
            "service_account_key",
        ):  # fmt: skip
        fields = [
            each["properties"][secret] for each in written["anyOf"] if secret in each["properties"]
        ]
        assert fields, secret
        for field in fields:
            assert any(each.get("writeOnly") for each in (field, *field.get("anyOf", ()))), secret


def test_no_two_shapes_have_one_name() -> None:
    """The document knows them by their names: the later one would stand for both."""
    names: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        for shape in vars(module).values() if name.startswith("dashboard.api.") else ():
            if isinstance(shape, type) and issubclass(shape, BaseModel):
                assert names.setdefault(shape.__name__, shape.__module__) == shape.__module__
