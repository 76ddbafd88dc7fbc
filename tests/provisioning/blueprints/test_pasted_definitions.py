"""What is found in a pasted pipeline definition, and on which line."""

from __future__ import annotations

import json

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.definition import check_definition
from tests.provisioning.blueprints.pipelines import problems

FAIL = '{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}'


def with_steps(*lines: str) -> str:
    """Steps that begin on line 2, one a line."""
    return '{"Version": "2020-12-01", "Steps": [\n' + ",\n".join(lines) + "\n]}"


def found(text: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.message) for problem in check_definition(text)]


def test_nothing_is_wrong_with_a_good_one() -> None:
    assert found(with_steps(FAIL)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ('{\n "Steps": [\n}', 3), ('{"a": 1,\n}', 2), ("[1, NaN]", 1), ("[" * 5000, 1)],
)
def test_what_is_no_json_has_the_line_where_it_stops_being_some(text: str, line: int) -> None:
    (problem,) = check_definition(text)
    assert problem.line == line
    assert problem.field == "definition"


def test_a_syntax_error_names_the_column() -> None:
    assert "line 2, column 1" in found('{"a": 1,\n}')[0][1]


def test_it_is_an_object_with_steps() -> None:
    assert found("[]") == [(1, "A pipeline definition is a JSON object.")]
    assert found('{"Version": "2020-12-01"}') == [(1, "Steps needs at least one step.")]
    empty = '{"Version": "2020-12-01", "Steps":\n []}'
    assert found(empty) == [(2, "Steps needs at least one step.")]


def test_it_says_its_version() -> None:
    wanted = 'A definition begins with "Version": "2020-12-01".'
    assert found('{"Steps": [' + FAIL + "]}") == [(1, wanted)]
    assert found('{\n"Version": 1, "Steps": [' + FAIL + "]}") == [(2, wanted)]


def test_unknown_words_at_the_top_are_refused() -> None:
    text = with_steps(FAIL)[:-1] + ',\n"PipelineName": "x"}'
    assert found(text) == [(4, "SageMaker knows no 'PipelineName' here.")]


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ('{"Name": "a", "Type": "Text"}', "A parameter's Type is one of"),
        ('{"Name": "a", "Type": "Integer", "DefaultValue": "1"}', "is no Integer"),
        ('{"Name": "a", "Type": "Integer", "DefaultValue": true}', "is no Integer"),
        ('{"Name": "a", "Type": "Boolean", "DefaultValue": 1}', "is no Boolean"),
        ('{"Name": "a", "DefaultValue": 1}', "is no String"),
        ('{"Name": "a", "DefaultValue": "c", "EnumValues": ["b"]}', "not in its EnumValues"),
        ('{"Type": "String"}', "needs a Name"),
        ('{"Name": "a b"}', "needs a Name"),
        ('{"Name": "ok"}, {"Name": "ok"}', "already a parameter 'ok'"),
    ],
)
def test_parameters_are_looked_at(parameter: str, message: str) -> None:
    ((line, said),) = found(with_steps(FAIL)[:-1] + ', "Parameters": [\n' + parameter + "]}")
    assert line == 4
    assert message in said


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("3", "A step is a JSON object."),
        ('{"Type": "Fail", "Arguments": {"ErrorMessage": "x"}}', "A step needs a Name"),
        ('{"Name": "s", "Arguments": {}}', "Step 's' has no Type."),
        ('{"Name": "s", "Type": "Train", "Arguments": {}}', "'Train' is no step type."),
        ('{"Name": "s", "Type": "Fail"}', "Step 's' has no Arguments."),
        ('{"Name": "s", "Type": "Fail", "Arguments": []}', "Arguments is a JSON object."),
        ('{"Name": "s", "Type": "Fail", "Arguments": {}}', "needs ErrorMessage"),
        ('{"Name": "s", "Type": "Lambda"}', "Step 's' needs FunctionArn."),
        (
            '{"Name": "s", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "g"}}',
            "needs InferenceSpecification",
        ),
    ],
)
def test_steps_are_looked_at(step: str, message: str) -> None:
    ((line, said),) = found(with_steps(FAIL, step))
    assert line == 3
    assert message in said


def test_names_are_unique_in_branches_too() -> None:
    inside = '{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}'
    condition = (
        '{"Name": "c", "Type": "Condition", "Arguments": {"Conditions": [],\n"IfSteps": ['
        + inside
        + "]}}"
    )
    assert found(with_steps(FAIL, condition)) == [(4, "There is already a step 'f'.")]


def test_dependencies_exist() -> None:
    step = FAIL.replace('"Name": "f",', '"Name": "s",\n"DependsOn": ["f", "nope"],')
    message = "Step 's' depends on 'nope', which does not exist."
    assert found(with_steps(FAIL, step)) == [(4, message)]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ('{"Get": "Parameters.Nope"}', "There is no parameter 'Nope'."),
        ('{"Get": "Steps.nope.ModelArtifacts"}', "There is no step 'nope'."),
        ('{"Get": "Steps.s.Outcome"}', "Step 's' refers to itself."),
        ('{"Get": "Execution.Nope"}', "A run has no 'Nope'."),
        ('{"Get": "Anything"}', "Get starts with"),
        ('{"Std:Join": {"On": ""}}', "Std:Join needs Values."),
        ('{"Std:Join": {"On": "", "Values": ["a", {"Get": "Steps.no.x"}]}}', "no step 'no'"),
    ],
)
def test_references_exist(reference: str, message: str) -> None:
    step = '{"Name": "s", "Type": "Fail", "Arguments":\n{"ErrorMessage": ' + reference + "}}"
    ((line, said),) = found(with_steps(step))
    assert line == 3
    assert message in said


def test_a_cycle_is_named_in_the_order_of_waiting() -> None:
    first = '{"Name": "a", "Type": "Fail", "DependsOn": ["b"], "Arguments": {"ErrorMessage": ""}}'
    second = (
        '{"Name": "b", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.a.Outcome"}}}'
    )
    assert found(with_steps(first, second)) == [(2, "Steps wait for each other: a → b → a.")]


def test_a_long_chain_is_no_trouble() -> None:
    chain = [
        {
            "Name": f"s{n}",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": ""},
            "DependsOn": [f"s{n - 1}"] if n else [],
        }
        for n in range(5000)
    ]
    assert check_definition(json.dumps({"Version": "2020-12-01", "Steps": chain})) == []


def test_conditions_are_looked_at() -> None:
    condition = (
        '{"Name": "c", "Type": "Condition", "Arguments": {"Conditions": [\n'
        '{"Type": "Equals", "LeftValue": 1},\n'
        '{"Type": "Like"},\n'
        '{"Type": "Or", "Conditions": [{"Type": "In", "QueryValue": 1, "Values": [1]}]},\n'
        '{"Type": "Not", "Condition": {"Type": "In", "Value": 1}}]}}'
    )
    assert [(line, said.split(".")[0]) for line, said in found(with_steps(condition))] == [
        (3, "The condition Equals needs RightValue"),
        (4, "A condition's Type is one of Equals, NotEquals, GreaterThan, GreaterThanOrEqualTo, "
            "LessThan, LessThanOrEqualTo, In, NotIn, Not, Or"),
        (6, "The condition In needs In or Values"),
    ]  # fmt: skip


def test_a_key_that_stands_twice_is_shown() -> None:
    step = '{"Name": "a",\n"Name": "b", "Type": "Fail", "Arguments": {"ErrorMessage": ""}}'
    assert found(with_steps(step)) == [(3, '"Name" stands twice in one object.')]


def test_the_form_shows_the_problem_at_the_definition() -> None:
    assert list(problems({"source": "definition", "definition": "{"})) == ["definition"]
