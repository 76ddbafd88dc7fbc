"""What CreatePipeline refuses in a definition, and how conditions are decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.sagemaker.conditions import all_met
from provisioning.sandbox.aws.sagemaker.definition import parse_definition
from provisioning.sandbox.aws.sagemaker.parameters import execution_parameters
from provisioning.sandbox.aws.sagemaker.references import Unresolvable, resolve
from tests.sandbox.aws.definitions import fail_step, processing, whole


def refusal(change: Callable[[dict[str, Any]], None]) -> str:
    definition = whole()
    change(definition)
    with pytest.raises(AwsError) as refused:
        parse_definition(json.dumps(definition))
    assert refused.value.code == "ValidationException"
    return refused.value.message


def test_the_whole_definition_is_taken_in_its_order() -> None:
    parsed = parse_definition(json.dumps(whole()))

    assert {step.name: sorted(step.needs) for step in parsed.steps} == {
        "Prepare": [],
        "Train": ["Prepare"],
        "Evaluate": ["Train"],
        "GoodEnough": ["Evaluate", "Train"],
        "Register": ["GoodEnough", "Train"],
        "TooBad": ["GoodEnough"],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Unable to parse pipeline definition. The definition is not valid JSON."),
        ("[]", "Unable to parse pipeline definition. Expecting start of Json Object."),
        ("{}", "Unable to parse pipeline definition. Unsupported version 'None'."),
        ('{"Version": "2020-12-01"}', "Expecting start of Json Array."),
        ('{"Version": "2020-12-01", "Steps": []}', "at least one step"),
    ],
)
def test_it_refuses_what_is_no_definition(text: str, message: str) -> None:
    with pytest.raises(AwsError, match="Unable to parse pipeline definition") as refused:
        parse_definition(text)

    assert message in refused.value.message


def test_it_refuses_an_unknown_step_type() -> None:
    assert "Unknown step type 'Cook' of step 'Prepare'." in refusal(
        lambda definition: definition["Steps"][0].update(Type="Cook")
    )


def test_it_names_step_types_that_only_a_real_account_runs() -> None:
    definition = whole()
    definition["Steps"][0]["Type"] = "EMR"
    with pytest.raises(AwsError) as refused:
        parse_definition(json.dumps(definition))

    assert refused.value.status == 501
    assert "does not simulate pipeline steps of type EMR" in refused.value.message


def test_it_refuses_two_steps_of_one_name_also_inside_a_condition() -> None:
    def change(definition: dict[str, Any]) -> None:
        definition["Steps"][3]["Arguments"]["ElseSteps"] = [fail_step("Prepare")]

    assert "Duplicate step name 'Prepare'." in refusal(change)


@pytest.mark.parametrize("missing", ["Name", "Type"])
def test_it_refuses_a_step_without_name_or_type(missing: str) -> None:
    assert f"Missing required property '{missing}' of a step." in refusal(
        lambda definition: definition["Steps"][0].pop(missing)
    )


def test_it_refuses_a_dependency_on_nothing() -> None:
    assert "Step 'Train' depends on unknown step 'Nowhere'." in refusal(
        lambda definition: definition["Steps"][1].update(DependsOn=["Nowhere"])
    )


def test_it_refuses_a_reference_to_an_unknown_step() -> None:
    def change(definition: dict[str, Any]) -> None:
        definition["Steps"][0] = processing("Prepare", source={"Get": "Steps.Lost.ModelName"})

    assert "depends on unknown step 'Lost'" in refusal(change)


def test_it_refuses_a_cycle() -> None:
    message = refusal(lambda definition: definition["Steps"][0].update(DependsOn=["Evaluate"]))

    assert "cycle" in message
    assert "Evaluate, GoodEnough, Prepare" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.update(Colour="red"), "Unknown Argument member 'Colour'"),
        (lambda a: a.update(TrainingJobName="x"), "Unknown Argument member 'TrainingJobName'"),
        (
            lambda a: a.pop("OutputDataConfig"),
            "Missing required Argument member 'OutputDataConfig'",
        ),
        (lambda a: a.update(InputDataConfig={}), "Expecting start of Json Array."),
        (lambda a: a.update(ResourceConfig=[]), "Expecting start of Json Object."),
        (
            lambda a: a["AlgorithmSpecification"].update(TrainingInputMode="Fast"),
            "Value 'Fast' for 'TrainingInputMode' failed to satisfy enum value set: "
            "[Pipe, File, FastFile]",
        ),
        (lambda a: a["ResourceConfig"].update(Cpu=3), "Unknown Argument member 'Cpu'"),
    ],
)
def test_it_checks_arguments_against_the_api(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    assert message in refusal(lambda definition: change(definition["Steps"][1]["Arguments"]))


class Known:
    """References lead to these."""

    def parameter(self, name: str) -> Any:
        return {"Rate": 0.5, "Region": "eu", "Full": True}[name]

    def variable(self, name: str) -> str:
        return f"<{name}>"

    def step(self, name: str) -> Mapping[str, Any]:
        return {
            "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.91}],
            "Outputs": [{"OutputName": "train", "S3Uri": "s3://b/t"}],
        }

    def property_file(self, step: str, name: str) -> str:
        return '{"metrics": {"accuracy": {"value": 0.8}, "folds": [1, 2]}}'


ACCURACY = {
    "Std:JsonGet": {
        "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"},
        "Path": "metrics.accuracy.value",
    }
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Get": "Parameters.Rate"}, 0.5),
        ({"Get": "Steps.T.Outputs['train'].S3Uri"}, "s3://b/t"),
        ({"Get": "Steps.T.Outputs[0].S3Uri"}, "s3://b/t"),
        ({"Get": "Steps.T.FinalMetricDataList['validation:auc'].Value"}, 0.91),
        ({"Std:Join": {"On": "/", "Values": ["a", {"Get": "Execution.PipelineName"}, 1]}},
         "a/<PipelineName>/1"),
        ({"deep": [{"Get": "Parameters.Full"}]}, {"deep": [True]}),
        (ACCURACY, 0.8),
    ],
)  # fmt: skip
def test_references_become_values(value: Any, expected: Any) -> None:
    assert resolve(value, Known()) == expected


def test_a_reference_that_leads_nowhere_says_where() -> None:
    with pytest.raises(Unresolvable, match=r"Steps.T.Outputs\['test'\]"):
        resolve({"Get": "Steps.T.Outputs['test'].S3Uri"}, Known())


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


RATE = {"Get": "Parameters.Rate"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (compare("Equals", RATE, "0.5"), True),
        (compare("Equals", {"Get": "Parameters.Region"}, "eu"), True),
        (compare("GreaterThan", RATE, 0.5), False),
        (compare("GreaterThanOrEqualTo", ACCURACY, RATE), True),
        (compare("LessThan", RATE, "10"), True),
        (compare("LessThanOrEqualTo", RATE, 0.4), False),
        ({"Type": "In", "QueryValue": RATE, "Values": [0.1, 0.5]}, True),
        ({"Type": "Not", "Expression": compare("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 2, 2)]}, True),
    ],
)
def test_conditions_are_decided(condition: dict[str, Any], expected: bool) -> None:
    assert all_met([condition], Known()) is expected


def test_a_condition_on_what_cannot_be_compared_is_no_answer() -> None:
    with pytest.raises(Unresolvable, match="cannot be compared"):
        all_met([compare("GreaterThan", "eu", 3)], Known())


DECLARED = [
    {"Name": "Epochs", "Type": "Integer", "DefaultValue": 3},
    {"Name": "Kind", "Type": "String", "EnumValues": ["a", "b"]},
    {"Name": "Full", "Type": "Boolean", "DefaultValue": False},
]


def test_parameters_get_their_defaults() -> None:
    assert execution_parameters(DECLARED, [{"Name": "Kind", "Value": "a"}]) == {
        "Epochs": "3",
        "Kind": "a",
        "Full": "false",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, 'object has missing required properties (["Kind"])'),
        ({"Kind": "c"}, 'instance value ("c") not found in enum (possible values: ["a","b"])'),
        ({"Kind": ""}, 'string "" is too short (length: 0, required minimum: 1)'),
        ({"Kind": "a", "Epochs": "many"}, 'allowed: ["integer"]'),
        ({"Kind": "a", "Full": "yes"}, 'allowed: ["boolean"]'),
        ({"Kind": "a", "Colour": "red"}, 'not allowed by the schema: ["Colour"]'),
    ],
)
def test_parameters_are_checked(given: dict[str, str], message: str) -> None:
    values = [{"Name": name, "Value": value} for name, value in given.items()]
    with pytest.raises(AwsError) as refused:
        execution_parameters(DECLARED, values)

    assert message in refused.value.message
