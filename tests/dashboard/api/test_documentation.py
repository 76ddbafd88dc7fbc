"""The examples of docs/api.md hold against the OpenAPI document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dashboard.models import Connection
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.api.documented import document, formats, operation_of, operations

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
EXAMPLE = re.compile(
    r"```http\n(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<body>.*?)```\n\n→ (?P<status>\d+)"
    r"(?:[^`#]*```json\n(?P<answer>.*?)```)?",
    re.DOTALL,
)
EXAMPLES = [each.groupdict() for each in EXAMPLE.finditer(TEXT)]
every_example = pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{each['method']} {each['path']}" for each in EXAMPLES]
)


def operation(example: dict[str, Any]) -> dict[str, Any]:
    found = operation_of(example["method"], example["path"].partition("?")[0])
    assert found, example["path"]
    return found


def shortened(schema: Any) -> Any:
    """Examples leave fields out, but have none that there is not."""
    if isinstance(schema, dict):
        kept = {name: shortened(each) for name, each in schema.items() if name != "required"}
        return kept | ({"additionalProperties": False} if "properties" in kept else {})
    return [shortened(each) for each in schema] if isinstance(schema, list) else schema


def holds(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> None:
    components = {"components": whole["components"]}
    Draft202012Validator({**schema, **components}, format_checker=formats).validate(value)


def test_every_call_has_an_example() -> None:
    shown = {operation(each)["operationId"] for each in EXAMPLES}
    assert shown == {each["operationId"] for _, _, each in operations()}
    assert len(EXAMPLES) == TEXT.count("```http")
    assert sum(each["answer"] is not None for each in EXAMPLES) == TEXT.count("```json")


@every_example
def test_its_body_is_one(example: dict[str, Any]) -> None:
    body = operation(example).get("requestBody", {})
    if example["body"]:
        schema = body["content"]["application/json"]["schema"]
        if example["status"] < "300":
            holds(json.loads(example["body"]), schema, document())
    else:
        assert not body.get("required")


@every_example
def test_its_answer_is_one(example: dict[str, Any]) -> None:
    response = operation(example)["responses"][example["status"]]
    if example["answer"]:
        (content,) = response["content"].values()
        holds(json.loads(example["answer"]), shortened(content["schema"]), shortened(document()))


@every_example
def test_its_questions_are_known(example: dict[str, Any]) -> None:
    known = {each["name"] for each in operation(example)["parameters"] if each["in"] == "query"}
    assert set(re.findall(r"[?&](\w+)=", example["path"])) <= known


def test_its_pipeline_can_be_made_and_its_wrong_one_cannot(
    api: Caller, connection: Connection
) -> None:
    wrong, right = (each for each in EXAMPLES if each["path"] == "/pipelines" and each["body"])
    refused = api.post("/pipelines", json.loads(wrong["body"]), expect=422)
    told = {each["field"] for each in json.loads(wrong["answer"])["problems"]}
    assert told <= set(fields(refused))
    made = api.post("/pipelines", json.loads(right["body"]), expect=201)
    assert made["slug"] == json.loads(right["answer"])["slug"]
