"""A pasted state machine: what is surely wrong is said with its line, before AWS is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.blueprints.aws_stepfunctions_training.definition import check_definition
from tests.provisioning.blueprints.machines import found, pasted, problems, states, train

PASS = {"Type": "Pass", "End": True}


def test_what_step_functions_would_take_is_taken() -> None:
    item = states("Train", Train=train())
    branch = states("Note", Note={"Type": "Pass", "Result": {"a": 1}, "End": True})
    content = states(
        "Each",
        Each={
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **item},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Why"}],
            "Next": "Both",
        },
        Both={"Type": "Parallel", "Branches": [branch], "Next": "Which"},
        Which={
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Later"}],
            "Default": "Done",
        },
        Later={"Type": "Wait", "Seconds": 5, "Next": "Which"},
        Done={"Type": "Succeed"},
        Why={"Type": "Fail", "ErrorPath": "$.Error"},
    )
    assert problems(pasted(content)) == {}


def test_jsonata_is_left_to_aws() -> None:
    state = {"Type": "Pass", "Output": "{% $states.input %}", "Assign": {"x": 1}, "End": True}
    content = {"QueryLanguage": "JSONata", **states("Only", Only=state)}
    assert problems(pasted(content)) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Paste a definition of a state machine."),
        ("{", "This is not JSON: Expecting property name"),
        ("[]", "A definition is a JSON object."),
        ({"StartAt": "A"}, "States needs at least one state."),
        ({"States": {"A": PASS}}, "StartAt names the first state."),
        (states("B", A=PASS), "There is no state 'B'."),
        ({**states("A", A=PASS), "Start": 1}, "A state machine knows no 'Start'."),
        (states("A", A={"Type": "Task", "End": True}), "State 'A' needs Resource."),
        (states("A", A={"Type": "Sleep"}), "'Sleep' is no type of state. Known: Task, Pass"),
        (states("A", A={"End": True}), "State 'A' has no Type."),
        (states("A", A={"Type": "Pass"}), "State 'A' needs Next, or \"End\": true."),
        (states("A", A={**PASS, "Next": "A"}), "State 'A' has Next and End."),
        (states("A", A={"Type": "Pass", "Next": "B"}),
         "State 'A' leads to 'B', which does not exist."),
        (states("A", A=PASS, B=PASS), "Nothing leads to the state 'B'."),
        (states("A", A={**PASS, "Seconds": 1}), "A Pass state knows no 'Seconds'."),
        (states("A", A={"Type": "Wait", "End": True}),
         "State 'A' needs Seconds or SecondsPath or Timestamp or TimestampPath."),
        (states("A", A={"Type": "Choice", "Choices": []}), "Choices is a list of at least one."),
        (states("A", A={"Type": "Task", "Resource": "train", "End": True}),
         "A Resource is an ARN, such as"),
        (states("A", A=train(Retry=[{"MaxAttempts": 1}])), "Retry of 'A' needs ErrorEquals."),
        (states("A", A=train(Catch=[{"ErrorEquals": ["States.ALL"]}])), "Catch of 'A' needs Next."),
        (states("A", A={"Type": "Parallel", "Branches": [states("A", A=PASS)], "End": True}),
         "There is a state 'A' on line 4 already."),
        (states("A", A={"Type": "Map", "ItemProcessor": states("X", Y=PASS), "End": True}),
         "There is no state 'X'."),
        (states("A", A="x"), "A state is a JSON object."),
    ],
)  # fmt: skip
def test_what_is_wrong(content: Any, message: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    said = [problem.message for problem in check_definition(text)]
    assert any(each.startswith(message) for each in said), said


def test_every_problem_has_its_line() -> None:
    text = '{\n"StartAt": "A",\n"States": {\n "A": {"Type": "Pass",\n  "Next": "B"}\n}}'
    (problem,) = found(pasted(text))
    assert (problem.field, problem.line) == ("machine.definition", 5)


def test_a_key_that_stands_twice_is_no_typing_mistake_to_be_lost() -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass",\n "End": true,\n "End": true}}}'
    (problem,) = found(pasted(text))
    assert (problem.message, problem.line) == ('"End" stands twice in one object.', 3)


def test_roles_are_roles() -> None:
    job = train()
    job["Parameters"]["RoleArn"] = "${JobRole}"
    (problem,) = found(pasted(states("Train", Train=job)))
    assert problem.message == "RoleArn is the ARN of a role, or ${JobRoleArn}."


def test_what_no_permission_follows_for_has_to_be_allowed() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:listTrainingJobs",
        "Parameters": {},
        "End": True,
    }
    content = states("Look", Look=state)
    (problem,) = found(pasted(content))
    assert problem.message.startswith("Allow what the state 'Look' does")
    assert "begins with sagemaker:" in problem.message
    allowed = [{"actions": ["sagemaker:ListTrainingJobs"], "resources": ["*"]}]
    assert problems(pasted(content, permissions=allowed)) == {}
