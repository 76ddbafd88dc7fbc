"""What a form of steps is told, and at which field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.provisioning.blueprints.pipelines import (
    IMAGE,
    condition,
    fail,
    problems,
    processing,
    steps,
    training,
)

PARAMETER = {"name": "Data", "type": "String", "default": "s3://my-bucket/in/"}


def metric_training(**more: Any) -> dict[str, Any]:
    return training("train", metrics=[{"name": "rmse", "regex": "rmse=(.*)"}], **more)


def test_nothing_is_wrong_with_good_steps() -> None:
    good = steps(metric_training(), condition("enough"), fail(), processing("prepare"))
    assert problems(good) == {}


def test_a_missing_field_is_named_without_the_kind_of_its_step() -> None:
    bare = {"kind": "training", "name": "train", "instance_type": "ml.m5.large"}
    assert problems(steps(bare)) == {
        "steps.0.image": "This is required.",
        "steps.0.output": "This is required.",
    }


def test_a_field_inside_a_list_of_a_step_is_named() -> None:
    inputs = [{"name": "raw", "source": "my-bucket/in"}]
    found = problems(steps(processing("prepare", inputs=inputs)))
    assert list(found) == ["steps.0.inputs.0.source"]
    assert "s3://bucket/prefix" in found["steps.0.inputs.0.source"]


def test_a_field_of_a_conditions_operand_is_named() -> None:
    broken = condition("enough", left={"kind": "metric", "step": "train"})
    assert list(problems(steps(metric_training(), broken, fail()))) == ["steps.1.left.metric"]
    wrong = condition("enough", left={"kind": "metric", "step": "train", "metric": "a'b"})
    assert list(problems(steps(metric_training(), wrong, fail()))) == ["steps.1.left.metric"]


def test_an_unknown_kind_is_a_problem_of_the_kind() -> None:
    found = problems(steps({"kind": "dance", "name": "x"}))
    assert list(found) == ["steps.0.kind"]
    assert "'dance'" in found["steps.0.kind"]


def test_no_steps_at_all() -> None:
    assert problems(steps()) == {"steps": "Add at least one step."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image", "nginx:latest"),
        ("instance_type", "m5.large"),
        ("instance_count", 0),
        ("instance_count", "many"),
        ("volume_gb", 20000),
        ("max_runtime_seconds", 1),
        ("name", "two words"),
        ("name", ""),
        ("entrypoint", "python"),
    ],
)
def test_a_value_out_of_bounds_is_a_problem_of_its_field(field: str, value: Any) -> None:
    assert list(problems(steps({**processing("prepare"), field: value}))) == [f"steps.0.{field}"]


def test_names_are_unique() -> None:
    twice = problems(steps(processing("a"), processing("a"), parameters=[PARAMETER, PARAMETER]))
    assert twice == {
        "steps.1.name": "'a' is there already.",
        "parameters.1.name": "'Data' is there already.",
    }


def test_a_step_runs_only_after_one_that_exists() -> None:
    found = problems(steps(processing("a", depends_on=["b"])))
    assert found == {"steps.0.depends_on.0": "There is no step 'b'."}


def test_a_cycle_is_named() -> None:
    first = processing("a", depends_on=["b"])
    second = processing("b", depends_on=["a"])
    found = problems(steps(first, second))
    assert found == {"steps.0.depends_on": "Steps wait for each other: a → b → a."}


def test_a_cycle_through_data_is_found_too() -> None:
    outputs = [{"name": "out", "destination": "s3://my-bucket/out/"}]
    inputs = [{"name": "in", "source": "${Steps.a.Outputs.out}"}]
    first = processing("a", outputs=outputs, depends_on=["b"])
    assert list(problems(steps(first, processing("b", inputs=inputs)))) == ["steps.0.depends_on"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${Parameters.Nope}", "There is no parameter 'Nope'."),
        ("${Steps.nope.Outputs.out}", "There is no step 'nope'."),
        ("${Steps.a.Outputs.nope}", "Step 'a' has no output 'nope'."),
        ("${Steps.a.Model}", "'a' is not a training step."),
        (
            "${Steps.a.Anything}",
            "Write ${Steps.<step>.Outputs.<output>} or ${Steps.<step>.Model}.",
        ),
    ],
)
def test_a_reference_to_nothing_is_a_problem_where_it_stands(text: str, message: str) -> None:
    inputs = [{"name": "in", "source": text}]
    found = problems(steps(processing("a"), processing("b", inputs=inputs)))
    assert found == {"steps.1.inputs.0.source": message}


def test_a_reference_inside_a_table_is_found() -> None:
    found = problems(steps(training("train", hyperparameters={"rows": "${Parameters.Rows}"})))
    assert found == {"steps.0.hyperparameters.rows": "There is no parameter 'Rows'."}


def test_shell_variables_are_left_alone() -> None:
    assert problems(steps(processing("a", entrypoint=["sh", "-c", "echo ${HOME}"]))) == {}


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ({"name": "P", "type": "Integer", "default": "1.5"}, "default"),
        ({"name": "P", "type": "Integer", "default": "1_000"}, "default"),
        ({"name": "P", "type": "Float", "default": "nan"}, "default"),
        ({"name": "P", "type": "Boolean", "default": "yes"}, "default"),
        ({"name": "P", "type": "String", "default": "c", "enum": ["a", "b"]}, "default"),
        ({"name": "P", "type": "Integer", "default": "1", "enum": ["1"]}, "enum"),
    ],
)
def test_a_default_fits_its_type(parameter: dict[str, Any], field: str) -> None:
    found = problems(steps(processing("a"), parameters=[parameter]))
    assert list(found) == [f"parameters.0.{field}"]


def test_numbers_of_a_json_body_count_as_text() -> None:
    parameters = [{"name": "P", "type": "Float", "default": 0.5}]
    assert problems(steps(processing("a"), parameters=parameters)) == {}


def test_a_condition_compares_a_metric_that_its_step_has() -> None:
    found = problems(steps(training("train"), condition("enough"), fail()))
    assert found == {"steps.1.left.metric": "Step 'train' has no metric 'rmse'."}


def test_a_condition_on_a_text_can_only_be_equality() -> None:
    on_text = condition("which", left={"kind": "parameter", "parameter": "Data"}, right="x")
    found = problems(steps(on_text, fail(), parameters=[PARAMETER]))
    assert list(found) == ["steps.0.operator"]


def test_a_condition_on_a_number_needs_a_number() -> None:
    found = problems(steps(metric_training(), condition("enough", right="good"), fail()))
    assert found == {"steps.1.right": "This has to be a number."}


def test_a_condition_needs_a_branch() -> None:
    found = problems(steps(metric_training(), condition("enough", then_steps=[])))
    assert list(found) == ["steps.1.then_steps"]


def test_a_condition_has_no_condition_in_its_branch() -> None:
    inner = condition("inner")
    outer = condition("outer", then_steps=["inner"])
    found = problems(steps(metric_training(), outer, inner, fail()))
    assert "no condition inside" in found["steps.1.then_steps"]


def test_a_step_stands_in_one_branch_only() -> None:
    both = condition("enough", else_steps=["stop"])
    found = problems(steps(metric_training(), both, fail()))
    assert found == {
        "steps.1.then_steps": "'stop' may stand in one branch only.",
        "steps.1.else_steps": "'stop' may stand in one branch only.",
    }


def test_a_step_outside_does_not_wait_for_one_in_a_branch() -> None:
    inside = processing("more")
    after = processing("after", depends_on=["more"])
    chosen = condition("enough", then_steps=["more"])
    found = problems(steps(metric_training(), chosen, inside, after))
    assert "runs only in a branch of 'enough'" in found["steps.3.depends_on"]


def test_a_model_is_registered_from_a_training_step() -> None:
    register = {"kind": "register_model", "name": "r", "training_step": "a", "group": "models"}
    found = problems(steps(processing("a"), register))
    assert found == {"steps.1.training_step": "'a' is not a training step."}


@pytest.mark.parametrize("regex", ["rmse=(", "rmse=1", "(a)(b)"])
def test_a_metrics_expression_captures_one_number(regex: str) -> None:
    found = problems(steps(training("train", metrics=[{"name": "rmse", "regex": regex}])))
    assert list(found) == ["steps.0.metrics.0.regex"]


def test_the_other_source_is_not_looked_at() -> None:
    step = '{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}'
    pasted = '{"Version": "2020-12-01", "Steps": [' + step + "]}"
    assert problems({"source": "definition", "definition": pasted}) == {}
    assert problems(steps(processing("a", image=IMAGE), definition="{")) == {}
