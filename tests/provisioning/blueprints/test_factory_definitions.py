"""A pasted pipeline of Data Factory: what is accepted, and what is told by its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.blueprints.azure_data_factory.definition import check_definition
from provisioning.blueprints.azure_data_factory.pasted import documents_of
from provisioning.blueprints.azure_data_factory.settings import Settings
from tests.provisioning.blueprints.factories import problems

WAIT = {"name": "wait", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 1}}


def wrong(definition: Any) -> list[str]:
    return [each.message for each in check_definition(json.dumps(definition))]


def with_activity(**changes: Any) -> dict[str, Any]:
    return {"activities": [{**WAIT, **changes}]}


def test_what_studio_shows_is_accepted() -> None:
    pipeline = {"activities": [WAIT], "parameters": {"day": {"type": "string"}}, "annotations": []}
    assert wrong(pipeline) == []
    assert wrong({"name": "nightly", "properties": pipeline}) == []


def test_a_definition_becomes_the_factorys_documents() -> None:
    definition = {
        "activities": [
            {
                "name": "load", "type": "Copy",
                "inputs": [{"referenceName": "raw", "type": "DatasetReference"}],
                "typeProperties": {"source": {"type": "BinarySource"}, "sink": {"type": "X"}},
            },
            {
                "name": "clean", "type": "ExecutePipeline",
                "typeProperties": {
                    "pipeline": {"referenceName": "inner", "type": "PipelineReference"}
                },
            },
        ],
        "datasets": {
            "raw": {
                "type": "Binary",
                "linkedServiceName": {"referenceName": "storage", "type": "LinkedServiceReference"},
            }
        },
        "pipelines": {"inner": {"activities": [WAIT]}},
    }  # fmt: skip
    settings = BLUEPRINT.validate(
        {"source": "definition", "definition": json.dumps(definition), "concurrency": 2}
    )
    found = documents_of(Settings.model_validate(settings))
    assert found.pipeline["activities"] == definition["activities"]
    assert found.pipeline["concurrency"] == 2
    assert list(found.pipeline["parameters"]) == ["skyclock_token", "skyclock_cause"]
    assert (list(found.datasets), list(found.inner)) == (["raw"], ["inner"])
    assert found.own_storage, "it is there for the taking"


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({}, "A pipeline needs at least one activity."),
        ({"activities": []}, "A pipeline needs at least one activity."),
        ({"activities": [WAIT], "steps": []}, "A pipeline has no 'steps'."),
        (with_activity(type="Nap"), "'Nap' is no activity type."),
        (with_activity(name=""), "An activity needs a name of at most 55 characters"),
        (with_activity(typeProperties={}), "Activity 'wait' needs 'waitTimeInSeconds'"),
        ({"activities": [WAIT, WAIT]}, "There is already an activity 'wait'."),
        (
            with_activity(dependsOn=[{"activity": "x", "dependencyConditions": ["Succeeded"]}]),
            "'wait' waits for 'x', which is not beside it.",
        ),
        (
            with_activity(dependsOn=[{"activity": "wait", "dependencyConditions": ["Won"]}]),
            "dependencyConditions of 'wait' are of",
        ),
        (
            {"activities": [WAIT], "parameters": {"x": {"type": "Text"}}},
            "Parameter 'x' has no type that Data Factory knows.",
        ),
        (
            {"activities": [WAIT], "parameters": {"Skyclock_Token": {"type": "string"}}},
            "Skyclock has a parameter of this name itself.",
        ),
        (
            with_activity(
                type="ExecutePipeline",
                typeProperties={
                    "pipeline": {"referenceName": "x", "type": "PipelineReference"}
                },
            ),
            "There is no 'x' in pipelines: bring it along.",
        ),
        (
            {"activities": [WAIT], "linkedServices": {"storage": {"type": "AzureBlobStorage"}}},
            "'storage' is the pipeline's own storage",
        ),
    ],
)  # fmt: skip
def test_what_data_factory_would_refuse_is_told(definition: Any, sentence: str) -> None:
    assert any(each.startswith(sentence) for each in wrong(definition)), wrong(definition)


def test_a_circle_is_told() -> None:
    def after(name: str, other: str) -> dict[str, Any]:
        condition = {"activity": other, "dependencyConditions": ["Succeeded"]}
        return {**WAIT, "name": name, "dependsOn": [condition]}

    assert any("wait for each other" in each for each in wrong(
        {"activities": [after("a", "b"), after("b", "a")]}
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("outer", "inner", "allowed"),
    [
        ("ForEach", "IfCondition", True),
        ("ForEach", "ForEach", False),
        ("IfCondition", "IfCondition", False),
        ("IfCondition", "ForEach", False),
    ],
)
def test_what_may_contain_what(outer: str, inner: str, allowed: bool) -> None:
    def container(type: str, name: str, inside: list[Any]) -> dict[str, Any]:
        key = "activities" if type == "ForEach" else "ifTrueActivities"
        expression = {"value": "@x", "type": "Expression"}
        given = {key: inside, "items" if type == "ForEach" else "expression": expression}
        return {"name": name, "type": type, "typeProperties": given}

    nested = container(outer, "outer", [container(inner, "inner", [WAIT])])
    found = wrong({"activities": [nested]})
    assert (found == []) is allowed, found


@pytest.mark.parametrize(
    "properties",
    [
        {"accessToken": {"type": "SecureString", "value": "dapi123"}},
        {"accountKey": "abc=="},
        {"connectionString": "DefaultEndpointsProtocol=https;AccountKey=abc=="},
        {"sasUri": "https://x.blob.core.windows.net/?sig=abc"},
        {"connectionString": "Server=x;User=ada;Password=hunter2"},
    ],
)
def test_a_secret_is_refused_wherever_it_stands(properties: dict[str, Any]) -> None:
    services = {"other": {"type": "AzureBlobStorage", "typeProperties": properties}}
    found = wrong({"activities": [WAIT], "linkedServices": services})
    assert any("settings are kept readable" in each for each in found), found


def test_a_reference_to_a_vault_is_no_secret() -> None:
    vault = {"referenceName": "vault", "type": "LinkedServiceReference"}
    token = {"type": "AzureKeyVaultSecret", "store": vault, "secretName": "token"}
    services = {
        "vault": {"type": "AzureKeyVault", "typeProperties": {"baseUrl": "https://v.x/"}},
        "bricks": {"type": "AzureDatabricks", "typeProperties": {"accessToken": token}},
    }
    assert wrong({"activities": [WAIT], "linkedServices": services}) == []


def test_a_problem_has_its_line() -> None:
    text = '{\n "activities": [\n  {"name": "a",\n   "type": "Nap"}\n ]\n}'
    (problem,) = check_definition(text)
    assert (problem.field, problem.line) == ("definition", 4)
    (broken,) = check_definition('{\n "activities": [}\n')
    assert broken.line == 2 and broken.code == "json"


def test_parameters_that_triggers_fill_are_those_of_the_definition() -> None:
    definition = {"activities": [WAIT], "parameters": {"f": {"type": "string"}}}
    given = {"source": "definition", "definition": json.dumps(definition)}
    assert problems({**given, "filled": [{"name": "f", "filled_with": "FileName"}]}) == {}
    found = problems({**given, "filled": [{"name": "g", "filled_with": "FileName"}]})
    assert found == {"filled.0.name": "The definition has no parameter 'g'."}
