"""Runs and steps as SageMaker reports them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import RunStatus
from provisioning.errors import NotFound, PermissionDenied
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import (
    at,
    condition,
    daily,
    fail,
    landing,
    processing,
    ready,
    spec,
    steps,
    training,
)

PIPELINE = "skyclock-daily-training"
ARN = f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{PIPELINE}/execution/abc"
START = at("2026-11-21T05:00:10+00:00")
END = at("2026-11-21T05:20:00+00:00")
SPEC = spec(triggers=(daily("t1"), daily("t2")))


def by(arn: str) -> dict[str, Any]:
    return {"IamIdentity": {"Arn": arn, "PrincipalId": "x"}}


def described(**more: Any) -> dict[str, Any]:
    found = {
        "PipelineExecutionArn": ARN,
        "PipelineExecutionStatus": "Succeeded",
        "CreationTime": START,
        "LastModifiedTime": END,
    }
    return {**found, **more}


def run(**more: Any) -> Any:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_pipeline_execution", described(**more))
    session.answers("sagemaker", "list_pipeline_parameters_for_execution", {})
    return BLUEPRINT.reader(session, SPEC).run(ARN)


def test_runs_are_listed_newest_first_a_hundred_at_a_time() -> None:
    session = AnsweringSession()
    summary = {
        "PipelineExecutionArn": ARN,
        "StartTime": START,
        "PipelineExecutionStatus": "Executing",
    }
    session.answers(
        "sagemaker",
        "list_pipeline_executions",
        {"PipelineExecutionSummaries": [summary], "NextToken": "more"},
        PipelineName=PIPELINE,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=100,
        CreatedAfter=START - timedelta(seconds=1),
        NextToken="from here",
    )
    page = BLUEPRINT.reader(session, SPEC).runs(since=START, cursor="from here")
    assert page.cursor == "more"
    (found,) = page.runs
    assert (found.cloud_id, found.status, found.cloud_status) == (
        ARN,
        RunStatus.RUNNING,
        "Executing",
    )
    assert found.started == START


def test_a_pipeline_that_is_not_there_has_no_runs() -> None:
    session = AnsweringSession()
    session.refuses("sagemaker", "list_pipeline_executions", "ResourceNotFound")
    assert BLUEPRINT.reader(session, SPEC).runs(since=None).runs == ()


def test_a_refused_list_is_an_error() -> None:
    session = AnsweringSession()
    session.refuses("sagemaker", "list_pipeline_executions", "AccessDeniedException")
    with pytest.raises(PermissionDenied, match="own words"):
        BLUEPRINT.reader(session, SPEC).runs(since=None)


def test_a_run_that_is_not_there_is_an_error() -> None:
    session = AnsweringSession()
    session.refuses("sagemaker", "describe_pipeline_execution", "ResourceNotFound")
    with pytest.raises(NotFound):
        BLUEPRINT.reader(session, SPEC).run(ARN)


@pytest.mark.parametrize(
    ("word", "status", "ended"),
    [
        ("Executing", RunStatus.RUNNING, False),
        ("Stopping", RunStatus.RUNNING, False),
        ("Stopped", RunStatus.STOPPED, True),
        ("Failed", RunStatus.FAILED, True),
        ("Succeeded", RunStatus.SUCCEEDED, True),
        ("CompletedWithFailures", RunStatus.FAILED, True),
    ],
)
def test_a_run_has_an_end_when_its_status_is_final(
    word: str, status: RunStatus, ended: bool
) -> None:
    found = run(PipelineExecutionStatus=word)
    assert (found.status, found.cloud_status) == (status, word)
    assert found.finished == (END if ended else None)


@pytest.mark.parametrize(
    ("creator", "trigger"),
    [
        (by(f"arn:aws:sts::111122223333:assumed-role/{PIPELINE}-on-t1/x"), "t1"),
        (by(f"arn:aws:sts::111122223333:assumed-role/{PIPELINE}-on-t2/x"), "t2"),
        (by(f"arn:aws:sts::111122223333:assumed-role/{PIPELINE}-on-gone/x"), "gone"),
        (by("arn:aws:sts::111122223333:assumed-role/Admin/ada"), "manual"),
        (by("arn:aws:iam::111122223333:user/ada"), "manual"),
        ({"UserProfileName": "ada"}, "manual"),
        ({}, ""),
    ],
)
def test_who_started_a_run_tells_the_trigger(creator: dict[str, Any], trigger: str) -> None:
    assert run(CreatedBy=creator).trigger == trigger


def test_a_run_says_why_it_failed_and_who_started_it() -> None:
    found = run(
        PipelineExecutionStatus="Failed",
        FailureReason="Step failure: One or multiple steps failed.",
        CreatedBy=by("arn:aws:iam::111122223333:user/ada"),
    )
    assert found.reason == "Step failure: One or multiple steps failed."
    assert found.started_by == "user/ada"


def test_parameters_are_read_to_their_last_page() -> None:
    session = AnsweringSession()
    operation = "list_pipeline_parameters_for_execution"
    session.answers("sagemaker", "describe_pipeline_execution", described())
    first = {"PipelineParameters": [{"Name": "a", "Value": "1"}], "NextToken": "n"}
    session.answers("sagemaker", operation, first, PipelineExecutionArn=ARN, MaxResults=100)
    last = {"PipelineParameters": [{"Name": "b", "Value": "2"}]}
    session.answers(
        "sagemaker", operation, last, PipelineExecutionArn=ARN, MaxResults=100, NextToken="n"
    )
    assert BLUEPRINT.reader(session, SPEC).run(ARN).parameters == {"a": "1", "b": "2"}


def test_steps_are_in_the_order_that_they_started() -> None:
    session = AnsweringSession()
    later = {
        "StepName": "train",
        "StepStatus": "Failed",
        "StartTime": END,
        "EndTime": END,
        "AttemptCount": 2,
        "FailureReason": "ClientError: out of memory",
        "Metadata": {"TrainingJob": {"Arn": "arn:aws:sagemaker:eu-west-1:1:training-job/x"}},
    }
    first = {
        "StepName": "prepare",
        "StepStatus": "Succeeded",
        "StartTime": START,
        "EndTime": END,
        "AttemptCount": 0,
        "Metadata": {"ProcessingJob": {"Arn": "arn:aws:sagemaker:eu-west-1:1:processing-job/y"}},
    }
    chosen = {
        "StepName": "enough",
        "StepStatus": "Starting",
        "Metadata": {"Condition": {"Outcome": "False"}},
    }
    session.answers(
        "sagemaker",
        "list_pipeline_execution_steps",
        {"PipelineExecutionSteps": [chosen, later, first]},
        PipelineExecutionArn=ARN,
        MaxResults=ANY,
    )
    prepare, train, enough = BLUEPRINT.reader(session, SPEC).steps(ARN)
    assert [step.name for step in (prepare, train, enough)] == ["prepare", "train", "enough"]
    assert (prepare.kind, prepare.status, prepare.attempt) == (
        "Processing",
        RunStatus.SUCCEEDED,
        1,
    )
    assert (train.kind, train.attempt, train.reason) == (
        "Training",
        2,
        "ClientError: out of memory",
    )
    assert train.cloud_id.endswith("training-job/x")
    assert (enough.kind, enough.status, enough.started) == ("Condition", RunStatus.QUEUED, None)
    assert enough.reason == "The condition was false."


# ── Why a run was started ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trigger", "given", "cause"),
    [
        (landing("t1"), {"InputBucket": "b", "InputKey": "data/x.csv"}, "data/x.csv"),
        (landing("t1"), {}, ""),
        (ready("t1"), {"Rows": "12"}, "dataset.ready 12"),
        (ready("t1", types=("a", "b")), {"Rows": "12"}, "12"),
        (daily("t1"), {"InputKey": "data/x.csv"}, ""),
    ],
)
def test_a_run_tells_its_cause_as_far_as_it_was_given_any(
    trigger: Any, given: dict[str, str], cause: str
) -> None:
    settings = BLUEPRINT.example()
    settings["parameters"].append({"name": "Rows", "default": "1"})
    settings["starts"]["event_parameters"] = [{"parameter": "Rows", "path": "$.detail.rows"}]
    session = AnsweringSession()
    role = by(f"arn:aws:sts::111122223333:assumed-role/{PIPELINE}-on-t1/x")
    session.answers("sagemaker", "describe_pipeline_execution", described(CreatedBy=role))
    named = [{"Name": name, "Value": value} for name, value in given.items()]
    answer = {"PipelineParameters": named}
    session.answers("sagemaker", "list_pipeline_parameters_for_execution", answer)
    found = BLUEPRINT.reader(session, spec(settings, triggers=(trigger,))).run(ARN)
    assert (found.trigger, found.cause) == ("t1", cause)


# ── The graph, and logs ─────────────────────────────────────────────────────────────


def begun(*names: str, **metadata: Any) -> dict[str, Any]:
    found = [
        {"StepName": each, "StepStatus": "Executing", "StartTime": START, "Metadata": metadata}
        for each in names
    ]
    return {"PipelineExecutionSteps": found}


def test_a_step_tells_what_it_waited_for() -> None:
    """By reference, by name, and by the branch that it stands in."""
    settings = steps(
        processing("prepare", outputs=[{"name": "out", "destination": "s3://my-bucket/out/"}]),
        training(
            "train",
            channels=[{"name": "train", "source": "${Steps.prepare.Outputs.out}"}],
            metrics=[{"name": "rmse"}],
        ),
        condition("enough"),
        fail("stop"),
        processing("after", depends_on=["train"]),
    )
    session = AnsweringSession()
    names = ("prepare", "train", "enough", "stop", "after")
    session.answers("sagemaker", "list_pipeline_execution_steps", begun(*names))
    found = BLUEPRINT.reader(session, spec(settings)).steps(ARN)
    assert {step.name: step.after for step in found} == {
        "prepare": (),
        "train": ("prepare",),
        "enough": ("train",),
        "stop": ("enough",),
        "after": ("train",),
    }


def log(step: str, **metadata: Any) -> Any:
    session = AnsweringSession()
    session.answers("sagemaker", "list_pipeline_execution_steps", begun("train", **metadata))
    if metadata:
        event = {"timestamp": 1_795_000_000_000, "message": "epoch 1"}
        session.answers("logs", "filter_log_events", {"events": [event]}, **asked_of(metadata))
    page = BLUEPRINT.reader(session, SPEC).log(ARN, step)
    session.all_asked()
    return page


def asked_of(metadata: dict[str, Any]) -> dict[str, Any]:
    if "Lambda" in metadata:
        millis = int(START.timestamp() * 1000)
        return {"logGroupName": "/aws/lambda/check", "startTime": millis, "limit": ANY}
    group = "/aws/sagemaker/TrainingJobs"
    return {"logGroupName": group, "logStreamNamePrefix": "x/", "limit": ANY}


def test_a_steps_log_is_that_of_its_job() -> None:
    job = {"Arn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x"}
    assert [line.text for line in log("train", TrainingJob=job).lines] == ["epoch 1"]
    function = {"Arn": "arn:aws:lambda:eu-west-1:111122223333:function:check:live"}
    assert [line.text for line in log("train", Lambda=function).lines] == ["epoch 1"]


def test_what_has_no_log_says_so() -> None:
    assert "its steps have" in log("").note
    assert "writes no log" in log("train").note
