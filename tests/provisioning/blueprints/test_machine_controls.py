"""Starting, stopping and repeating executions, against recorded answers of Step Functions."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from provisioning.blueprints.aws_stepfunctions_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_stepfunctions_training.controls import Controls
from provisioning.contracts import Difference
from provisioning.errors import InvalidInput, NotPossible, Throttled
from tests.provisioning.blueprints.answering import AnsweringSession
from tests.provisioning.blueprints.machines import at, form, spec

START = at("2026-11-21T06:00:00+00:00")
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:skyclock-daily-training"
ARN = "arn:aws:states:eu-west-1:111122223333:execution:skyclock-daily-training:{}"
PARAMETERS = {"parameters": [{"name": "A", "default": "a"}, {"name": "B"}]}


@pytest.fixture
def session() -> AnsweringSession:
    return AnsweringSession()


@pytest.fixture
def controls(session: AnsweringSession) -> Controls:
    return Controls(session, spec(form() | PARAMETERS))


def name(word: str, token: str) -> str:
    return f"{word}-{sha256(token.encode()).hexdigest()[:32]}"


def described(status: str, **more: Any) -> dict[str, Any]:
    return {
        "executionArn": ARN.format("x"), "stateMachineArn": MACHINE, "name": "x",
        "status": status, "startDate": START, "input": "{}", **more,
    }  # fmt: skip


def test_a_start_gives_defaults_and_is_named_after_its_token(
    session: AnsweringSession, controls: Controls
) -> None:
    asked = {"A": "a", "B": "b", "skyclock": {"trigger": "manual"}}
    started = ARN.format(name("manual", "once"))
    session.answers(
        "stepfunctions", "start_execution", {"executionArn": started, "startDate": START},
        stateMachineArn=MACHINE, name=name("manual", "once"), input=json.dumps(asked),
    )  # fmt: skip
    assert controls.start({"B": "b"}, token="once") == started
    session.refuses("stepfunctions", "start_execution", "ExecutionAlreadyExists")
    assert controls.start({"B": "b"}, token="once") == started, "it has ended since"
    session.refuses("stepfunctions", "start_execution", "ThrottlingException")
    with pytest.raises(Throttled):
        controls.start({"B": "b"}, token="once")


def test_what_a_start_is_given_is_checked(controls: Controls) -> None:
    with pytest.raises(InvalidInput) as caught:
        controls.start({"C": "c"}, token="x")
    assert {each.field: each.message for each in caught.value.problems} == {
        "parameters.C": "This pipeline has no parameter 'C'.",
        "parameters.B": "This has no default: give a value.",
    }
    with pytest.raises(InvalidInput, match="more than 256 KB"):
        controls.start({"B": "b" * 300_000}, token="x")


def test_only_what_runs_is_stopped(session: AnsweringSession, controls: Controls) -> None:
    session.answers("stepfunctions", "describe_execution", described("RUNNING"))
    session.answers(
        "stepfunctions", "stop_execution", {"stopDate": START},
        executionArn=ARN.format("x"), cause="Stopped by hand.",
    )  # fmt: skip
    controls.stop(ARN.format("x"))
    session.answers("stepfunctions", "describe_execution", described("TIMED_OUT"))
    with pytest.raises(NotPossible, match="already ended: TIMED_OUT"):
        controls.stop(ARN.format("x"))
    session.all_asked()


def test_a_run_is_repeated_with_its_input_but_by_hand(
    session: AnsweringSession, controls: Controls
) -> None:
    given = json.dumps({"A": "1", "n": 2, "skyclock": {"trigger": "t1", "time": "2026"}})
    session.answers("stepfunctions", "describe_execution", described("FAILED", input=given))
    mark = {"trigger": "manual", "again": "x"}
    again = ARN.format(name("rerun", "t"))
    session.answers(
        "stepfunctions", "start_execution", {"executionArn": again, "startDate": START},
        stateMachineArn=MACHINE, name=name("rerun", "t"),
        input=json.dumps({"A": "1", "n": 2, "skyclock": mark}),
    )  # fmt: skip
    assert controls.rerun(ARN.format("x"), from_failure=False, token="t") == again
    session.all_asked()


def test_a_run_goes_on_from_its_failure(session: AnsweringSession, controls: Controls) -> None:
    session.answers(
        "stepfunctions", "redrive_execution", {"redriveDate": START},
        executionArn=ARN.format("x"), clientToken=sha256(b"t").hexdigest(),
    )  # fmt: skip
    assert controls.rerun(ARN.format("x"), from_failure=True, token="t") == ARN.format("x")
    session.refuses("stepfunctions", "redrive_execution", "ExecutionNotRedrivable")
    with pytest.raises(NotPossible, match="cannot go on with it: The cloud's own words"):
        controls.rerun(ARN.format("x"), from_failure=True, token="t")
    session.refuses("stepfunctions", "redrive_execution", "ThrottlingException")
    with pytest.raises(Throttled):
        controls.rerun(ARN.format("x"), from_failure=True, token="t")


def test_settings_that_a_later_release_refuses_stop_no_page(session: AnsweringSession) -> None:
    old = spec(form()).model_copy(update={"settings": {"machine": {}}})
    with pytest.raises(NotPossible, match="Edit the pipeline"):
        Controls(session, old).parameters()


def test_runs_are_shown_in_the_console() -> None:
    assert BLUEPRINT.console_url(spec(), ARN.format("x")) == (
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1"
        f"#/v2/executions/details/{ARN.format('x')}"
    )
    chinese = "arn:aws-cn:states:cn-north-1:111122223333:execution:m:x"
    url = BLUEPRINT.console_url(spec(region="cn-north-1"), chinese)
    assert url and url.startswith("https://cn-north-1.console.amazonaws.cn/states/home")


def test_what_differs_is_said_of_the_machine() -> None:
    kind = "aws:sfn/stateMachine:StateMachine"
    changed = Difference(kind=kind, name="machine", path="definition", expected="{}", found="[]")
    assert BLUEPRINT.explain(changed).sentence == (
        "The state machine machine runs other states than what was deployed."
    )
    role = Difference(kind=kind, name="machine", path="roleArn", expected="a", found="b")
    assert "acts as another role: b." in BLUEPRINT.explain(role).sentence
