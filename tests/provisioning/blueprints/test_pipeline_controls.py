"""Starting, stopping and repeating runs."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.common import stopping
from provisioning.contracts import Operation
from provisioning.errors import InvalidInput, NotPossible
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import at, processing, spec, steps

PIPELINE = "skyclock-daily-training"
ARN = f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{PIPELINE}/execution/abc"
OTHER = ARN.replace("abc", "def")
PARAMETERS = [
    {"name": "Data", "default": "s3://my-bucket/in/"},
    {"name": "Rows", "type": "Integer", "default": "5"},
    {"name": "Size", "default": "small", "enum": ["small", "large"]},
]
SPEC = spec(steps(processing("a"), parameters=PARAMETERS))


def controls(session: AnsweringSession) -> Any:
    return BLUEPRINT.controls(session, SPEC)


def in_status(word: str) -> AnsweringSession:
    session = AnsweringSession()
    session.answers(
        "sagemaker",
        "describe_pipeline_execution",
        {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": word},
    )
    return session


def test_settings_of_another_release_are_a_sentence() -> None:
    old = SPEC.model_copy(update={"settings": {**SPEC.settings, "steps": [{"kind": "abacus"}]}})
    with pytest.raises(NotPossible, match="deploy it again"):
        BLUEPRINT.controls(AnsweringSession(), old).parameters()


def test_it_says_what_run_now_can_ask_for() -> None:
    found = {each.name: each for each in controls(AnsweringSession()).parameters()}
    assert (found["Rows"].kind, found["Rows"].default) == ("integer", "5")
    assert found["Size"].choices == ("small", "large")


def test_a_pasted_definition_has_parameters_too() -> None:
    text = (
        '{"Version": "2020-12-01", "Parameters": [{"Name": "On", "Type": "Boolean", '
        '"DefaultValue": true}, {"Name": "No"}],'
        ' "Steps": [{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": ""}}]}'
    )
    pasted = spec({"source": "definition", "definition": text})
    on, no = BLUEPRINT.controls(AnsweringSession(), pasted).parameters()
    assert (on.kind, on.default) == ("boolean", "true")
    assert (no.kind, no.default) == ("string", None)


def test_a_start_hands_over_parameters_and_a_token_that_is_long_enough() -> None:
    session = AnsweringSession()
    token = "5dbc5c70a1d2d5e19a3e4e7a4e0b1b2c"
    session.answers(
        "sagemaker",
        "start_pipeline_execution",
        {"PipelineExecutionArn": ARN},
        PipelineName=PIPELINE,
        PipelineExecutionDisplayName=ANY,
        PipelineParameters=[{"Name": "Rows", "Value": "7"}],
        ClientRequestToken=ANY,
    )
    assert controls(session).start({"Rows": "7"}, token=token[:4]) == ARN


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"Rows": "many"}, "parameters.Rows"),
        ({"Size": "huge"}, "parameters.Size"),
        ({"Nope": "x"}, "parameters.Nope"),
        ({"Data": "x" * 1025}, "parameters.Data"),
    ],
)
def test_a_wrong_parameter_is_told_at_its_field(given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        controls(AnsweringSession()).start(given, token="t")
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_parameter_without_default_has_to_be_given() -> None:
    needy = spec(steps(processing("a"), parameters=[{"name": "Data"}]))
    with pytest.raises(InvalidInput, match="give a value"):
        BLUEPRINT.controls(AnsweringSession(), needy).start({}, token="t")


def test_a_run_is_stopped() -> None:
    session = in_status("Executing")
    answer = {"PipelineExecutionArn": ARN}
    session.answers(
        "sagemaker",
        "stop_pipeline_execution",
        answer,
        PipelineExecutionArn=ARN,
    )
    controls(session).stop(ARN)
    session.all_asked()


def test_a_run_that_is_stopping_is_not_stopped_again() -> None:
    controls(in_status("Stopping")).stop(ARN)


def test_a_run_that_has_ended_cannot_be_stopped() -> None:
    with pytest.raises(NotPossible, match="already ended: Succeeded"):
        controls(in_status("Succeeded")).stop(ARN)


def test_a_rerun_has_the_same_parameters() -> None:
    session = in_status("Succeeded")
    session.answers(
        "sagemaker",
        "list_pipeline_parameters_for_execution",
        {"PipelineParameters": [{"Name": "Rows", "Value": "7"}]},
    )
    session.answers(
        "sagemaker",
        "start_pipeline_execution",
        {"PipelineExecutionArn": OTHER},
        PipelineName=PIPELINE,
        PipelineExecutionDisplayName=ANY,
        PipelineParameters=[{"Name": "Rows", "Value": "7"}],
        ClientRequestToken=ANY,
    )
    assert controls(session).rerun(ARN, from_failure=False, token="t") == OTHER


def test_a_failed_run_goes_on_from_its_failure_under_the_same_id() -> None:
    session = in_status("Failed")
    session.answers(
        "sagemaker",
        "retry_pipeline_execution",
        {"PipelineExecutionArn": ARN},
        PipelineExecutionArn=ARN,
        ClientRequestToken=ANY,
    )
    assert controls(session).rerun(ARN, from_failure=True, token="t") == ARN


@pytest.mark.parametrize("word", ["Succeeded", "Executing", "Stopping"])
def test_a_run_that_has_not_failed_has_no_failure_to_go_on_from(word: str) -> None:
    with pytest.raises(NotPossible, match=word):
        controls(in_status(word)).rerun(ARN, from_failure=True, token="t")


def test_a_destroy_stops_what_runs_and_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "LOOK_SECONDS", 0)
    session = AnsweringSession()
    started = at("2026-11-21T05:00:00+00:00")
    for status in ("Executing", "Stopped"):
        run = {"PipelineExecutionArn": ARN, "StartTime": started, "PipelineExecutionStatus": status}
        page = {"PipelineExecutionSummaries": [run]}
        session.answers("sagemaker", "list_pipeline_executions", page)
        if status == "Executing":
            found = {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": status}
            session.answers("sagemaker", "describe_pipeline_execution", found)
            stopped = {"PipelineExecutionArn": ARN}
            session.answers("sagemaker", "stop_pipeline_execution", stopped)
    BLUEPRINT.before_change(session, SPEC, Operation.DESTROY, tuple, print)
    session.all_asked()


def test_an_update_stops_nothing() -> None:
    BLUEPRINT.before_change(AnsweringSession(), SPEC, Operation.UP, tuple, print)
