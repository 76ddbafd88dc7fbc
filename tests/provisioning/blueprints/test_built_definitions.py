"""The definition that follows from a form of steps."""

from __future__ import annotations

from typing import Any

from provisioning.blueprints.aws_sagemaker_pipeline.building import build, definition_text
from provisioning.blueprints.aws_sagemaker_pipeline.definition import check_definition
from provisioning.blueprints.aws_sagemaker_pipeline.example import example
from provisioning.blueprints.aws_sagemaker_pipeline.settings import Settings
from tests.provisioning.blueprints.pipelines import condition, fail, processing, steps, training

ROLE = "arn:aws:iam::111122223333:role/any"


def built(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return build(Settings.model_validate(steps(*found, **more)), ROLE)


def arguments(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = built(step, **more)["Steps"][0]["Arguments"]
    return result


def test_the_example_has_nothing_wrong_in_it() -> None:
    assert check_definition(definition_text(Settings.model_validate(example()), ROLE)) == []


def test_a_pasted_definition_is_deployed_as_it_is() -> None:
    text = '{ "Steps" : [ ] }'
    settings = Settings.model_validate({"source": "definition", "definition": text})
    assert definition_text(settings, ROLE) == text


def test_parameters_have_values_of_their_types() -> None:
    parameters = [
        {"name": "T", "default": "1"},
        {"name": "I", "type": "Integer", "default": "1"},
        {"name": "F", "type": "Float", "default": "0.5"},
        {"name": "B", "type": "Boolean", "default": "True"},
        {"name": "E", "default": "a", "enum": ["a", "b"]},
        {"name": "N"},
    ]
    assert built(fail(), parameters=parameters)["Parameters"] == [
        {"Name": "T", "Type": "String", "DefaultValue": "1"},
        {"Name": "I", "Type": "Integer", "DefaultValue": 1},
        {"Name": "F", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "B", "Type": "Boolean", "DefaultValue": True},
        {"Name": "E", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        {"Name": "N", "Type": "String"},
    ]


def test_a_whole_reference_is_got_and_a_part_is_joined() -> None:
    parameters = [{"name": "Bucket", "default": "b"}]
    said = "${Parameters.Bucket}"
    assert arguments(fail(message=said), parameters=parameters)["ErrorMessage"] == {
        "Get": "Parameters.Bucket"
    }
    said = "in ${Parameters.Bucket}/${Execution.PipelineExecutionId}!"
    assert arguments(fail(message=said), parameters=parameters)["ErrorMessage"] == {
        "Std:Join": {
            "On": "",
            "Values": [
                "in ",
                {"Get": "Parameters.Bucket"},
                "/",
                {"Get": "Execution.PipelineExecutionId"},
                "!",
            ],
        }
    }


def test_a_number_where_a_text_is_wanted_is_joined_into_one() -> None:
    parameters = [{"name": "Rounds", "type": "Integer", "default": "5"}]
    step = training("train", hyperparameters={"rounds": "${Parameters.Rounds}"})
    assert arguments(step, parameters=parameters)["HyperParameters"] == {
        "rounds": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Rounds"}]}}
    }


def test_outputs_and_models_of_steps_are_got_where_sagemaker_keeps_them() -> None:
    outputs = [{"name": "out", "destination": "s3://my-bucket/out/"}]
    channels = [{"name": "train", "source": "${Steps.prepare.Outputs.out}"}]
    register = {"kind": "register_model", "name": "r", "training_step": "train", "group": "models"}
    found = built(
        processing("prepare", outputs=outputs), training("train", channels=channels), register
    )
    source = found["Steps"][1]["Arguments"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == {
        "Get": "Steps.prepare.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"
    }
    (container,) = found["Steps"][2]["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}


def test_steps_of_a_branch_stand_inside_their_condition() -> None:
    metric = [{"name": "rmse", "regex": "rmse=(.*)"}]
    found = built(
        training("train", metrics=metric),
        condition("enough", else_steps=["more"]),
        fail(),
        processing("more", depends_on=["train"]),
    )
    assert [step["Name"] for step in found["Steps"]] == ["train", "enough"]
    inside = found["Steps"][1]["Arguments"]
    assert [step["Name"] for step in inside["IfSteps"]] == ["stop"]
    assert [step["Name"] for step in inside["ElseSteps"]] == ["more"]
    assert inside["ElseSteps"][0]["DependsOn"] == ["train"]
    assert inside["Conditions"] == [
        {
            "Type": "LessThan",
            "LeftValue": {"Get": "Steps.train.FinalMetricDataList['rmse'].Value"},
            "RightValue": 1.0,
        }
    ]


def test_a_condition_on_a_parameter_compares_values_of_its_type() -> None:
    parameters = [{"name": "Retrain", "type": "Boolean", "default": "true"}]
    on_parameter = condition(
        "again",
        left={"kind": "parameter", "parameter": "Retrain"},
        operator="Equals",
        right="true",
    )
    (compared,) = arguments(on_parameter | {"then_steps": []}, parameters=parameters)["Conditions"]
    assert compared["RightValue"] is True


def test_a_metric_without_expression_is_the_algorithms_own() -> None:
    step = training("train", metrics=[{"name": "a"}, {"name": "b", "regex": "b=(.*)"}])
    assert arguments(step)["AlgorithmSpecification"]["MetricDefinitions"] == [
        {"Name": "b", "Regex": "b=(.*)"}
    ]
    step = training("train", metrics=[{"name": "a"}])
    assert "MetricDefinitions" not in arguments(step)["AlgorithmSpecification"]


def test_what_was_left_empty_is_left_out() -> None:
    assert set(arguments(processing("a"))) == {
        "ProcessingResources",
        "AppSpecification",
        "RoleArn",
        "StoppingCondition",
        "ProcessingInputs",
    }
    assert set(arguments(processing("a"))["AppSpecification"]) == {"ImageUri"}
