"""Runs, steps and logs of an event-sourced training, from SageMaker's jobs and the event log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    REFUSED,
    REGISTERED,
    REQUESTED,
    SOURCE,
)
from provisioning.blueprints.aws_event_sourced_training.blueprint import BLUEPRINT
from provisioning.contracts import RunStatus
from provisioning.errors import NotFound
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import at
from tests.provisioning.blueprints.sourced import ROOT, event, job_of, sourced

SPEC = sourced()
JOB = job_of("7f3a")
ARN = f"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{JOB}"
CAUSE = {"id": "7f3a", "source": "example.data", "type": "dataset.ready", "text": "dataset.ready 7"}
DETAIL = {"job": JOB, "data": "s3://b/x/", "cause": CAUSE, "trigger": "t3"}


def moment(minute: int) -> Any:
    return at(f"2026-11-21T06:{minute:02}:00+00:00")


def line(kind: str, minute: int, detail: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As the log group has it."""
    found = event(kind, detail, time=f"2026-11-21T06:{minute:02}:00Z", id=f"{kind}-{minute}")
    millis = int(moment(minute).timestamp() * 1000)
    return {"timestamp": millis, "message": json.dumps(found | more)}


def summary(name: str = JOB, minute: int = 5, **more: Any) -> dict[str, Any]:
    found = {
        "TrainingJobName": name,
        "TrainingJobArn": ARN.replace(JOB, name),
        "CreationTime": moment(minute),
        "TrainingJobStatus": "InProgress",
    }
    return found | more


def described(**more: Any) -> dict[str, Any]:
    found = {
        "TrainingJobName": JOB,
        "TrainingJobArn": ARN,
        "ModelArtifacts": {"S3ModelArtifacts": "s3://m/model.tar.gz"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 30},
        "StoppingCondition": {},
        "CreationTime": moment(5),
        "TrainingEndTime": moment(9),
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x/"}},
            }
        ],
        "Environment": {
            "SKYCLOCK_EVENT": "7f3a",
            "SKYCLOCK_TRIGGER": "t3",
            "SKYCLOCK_CAUSE": "dataset.ready 7",
        },
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": moment(5), "EndTime": moment(6)},
            {"Status": "Training", "StartTime": moment(6), "EndTime": moment(9)},
            {"Status": "Completed", "StartTime": moment(9), "EndTime": moment(9)},
        ],
    }
    return found | more


def logging(session: AnsweringSession, *lines: dict[str, Any], **asked: Any) -> None:
    group = {"logGroupName": f"/aws/events/{ROOT}", "limit": ANY}
    session.answers("logs", "filter_log_events", {"events": list(lines)}, **group, **asked)


def without_job(session: AnsweringSession) -> None:
    session.refuses("sagemaker", "describe_training_job", "ValidationException")


def reader(session: AnsweringSession) -> Any:
    return BLUEPRINT.reader(session, SPEC)


# ── Lists ───────────────────────────────────────────────────────────────────────────


def test_runs_are_the_pipelines_own_jobs_and_what_was_refused() -> None:
    session = AnsweringSession()
    answer = {"TrainingJobSummaries": [summary(), summary(f"{ROOT}-eu-0123456789ab")]}
    session.answers(
        "sagemaker",
        "list_training_jobs",
        answer,
        NameContains=f"{ROOT}-",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=100,
        CreationTimeAfter=moment(0) - timedelta(seconds=1),
    )
    other = job_of("other")
    refused = line(REFUSED, 7, {**DETAIL, "job": other, "reason": "no quota"})
    millis = int(moment(0).timestamp() * 1000)
    logging(session, refused, filterPattern=f'"{REFUSED}"', startTime=millis)
    page = reader(session).runs(since=moment(0))
    session.all_asked()
    assert [(run.cloud_id, run.status) for run in page.runs] == [
        (ARN.replace(JOB, other), RunStatus.FAILED),
        (ARN, RunStatus.RUNNING),
    ]
    assert page.runs[0].reason == "no quota"
    assert page.cursor is None


def test_what_was_refused_is_told_on_the_page_of_its_time_and_once() -> None:
    old, new = job_of("old"), job_of("new")
    refused = [
        line(REFUSED, 1, {**DETAIL, "job": old}),
        line(REFUSED, 6, {**DETAIL, "job": new}),
        line(REFUSED, 6, {**DETAIL, "job": new}),
    ]
    session = AnsweringSession()
    first = {"TrainingJobSummaries": [summary(minute=5)], "NextToken": "more"}
    session.answers("sagemaker", "list_training_jobs", first)
    logging(session, *refused, filterPattern=ANY)
    last = {"TrainingJobSummaries": [summary(job_of("b"), 2)]}
    session.answers("sagemaker", "list_training_jobs", last)
    logging(session, *refused, filterPattern=ANY)
    one = reader(session).runs(since=None)
    two = reader(session).runs(since=None, cursor=one.cursor)
    names = [run.cloud_id.rpartition("/")[2] for run in (*one.runs, *two.runs)]
    assert names == [new, JOB, job_of("b"), old]
    assert two.cursor is None


# ── One run ─────────────────────────────────────────────────────────────────────────


def test_a_run_tells_its_trigger_its_cause_and_its_data() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described(), TrainingJobName=JOB)
    run = reader(session).run(ARN)
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "t3", "dataset.ready 7")
    assert (run.started_by, run.parameters) == ("event 7f3a", {"data": "s3://b/x/"})
    assert run.finished == moment(9)


def test_a_run_that_people_or_a_replay_asked_for_says_so() -> None:
    session = AnsweringSession()
    told = {"SKYCLOCK_EVENT": "token-1"}
    session.answers("sagemaker", "describe_training_job", described(Environment=told))
    told = {**described()["Environment"], "SKYCLOCK_REPLAY": "r-again-0123456789ab"}
    session.answers("sagemaker", "describe_training_job", described(Environment=told))
    assert reader(session).run(ARN).trigger == "manual"
    assert reader(session).run(ARN).cause == "dataset.ready 7 (replayed)"


def test_a_run_whose_job_is_not_there_yet_is_queued() -> None:
    session = AnsweringSession()
    without_job(session)
    logging(session, line(REQUESTED, 1, DETAIL), filterPattern=f'"{JOB}"')
    run = reader(session).run(ARN)
    assert (run.status, run.cloud_status, run.finished) == (RunStatus.QUEUED, "Requested", None)
    assert (run.trigger, run.parameters) == ("t3", {"data": "s3://b/x/"})


def test_a_run_that_sagemaker_refused_has_failed_with_its_words() -> None:
    session = AnsweringSession()
    without_job(session)
    refused = line(REFUSED, 2, {**DETAIL, "reason": "No S3 objects found."})
    logging(session, line(REQUESTED, 1, DETAIL), refused, filterPattern=ANY)
    run = reader(session).run(ARN)
    assert (run.status, run.reason) == (RunStatus.FAILED, "No S3 objects found.")
    assert run.finished == run.started == moment(2)


def test_a_run_that_nobody_knows_is_an_error() -> None:
    session = AnsweringSession()
    without_job(session)
    logging(session, filterPattern=ANY)
    with pytest.raises(NotFound, match="knows the job"):
        reader(session).run(ARN)


# ── Steps and logs ──────────────────────────────────────────────────────────────────


def test_steps_are_the_request_the_jobs_phases_and_the_models_version() -> None:
    session = AnsweringSession()
    version = {"job": JOB, "group": ROOT, "version": "3", "arn": "arn:package"}
    logging(
        session,
        line(REQUESTED, 4, DETAIL),
        line(REQUESTED, 8, DETAIL, **{"replay-name": "r"}),
        line(REGISTERED, 9, version),
        filterPattern=f'"{JOB}"',
    )
    session.answers("sagemaker", "describe_training_job", described())
    found = reader(session).steps(ARN)
    assert [(step.name, step.after) for step in found] == [
        ("Request", ()),
        ("Starting", ("Request",)),
        ("Training", ("Starting",)),
        ("Register", ("Training",)),
    ]
    assert (found[0].started, found[0].finished) == (moment(4), moment(5))
    assert found[3].reason == f"{ROOT} version 3"
    assert {step.status for step in found} == {RunStatus.SUCCEEDED}


def test_a_refused_run_has_the_one_step_that_failed() -> None:
    session = AnsweringSession()
    refused = line(REFUSED, 5, {**DETAIL, "reason": "no"})
    logging(session, line(REQUESTED, 4, DETAIL), refused, filterPattern=ANY)
    without_job(session)
    (step,) = reader(session).steps(ARN)
    assert (step.status, step.reason, step.finished) == (RunStatus.FAILED, "no", moment(5))


@pytest.mark.parametrize(
    ("step", "group", "asked"),
    [
        ("Training", "/aws/sagemaker/TrainingJobs", {"logStreamNamePrefix": f"{JOB}/"}),
        ("", "/aws/sagemaker/TrainingJobs", {"logStreamNamePrefix": f"{JOB}/"}),
        ("Request", f"/aws/lambda/{ROOT}-handler", {"filterPattern": f'"{JOB}"'}),
        ("Register", f"/aws/lambda/{ROOT}-handler", {"filterPattern": f'"{JOB}"'}),
    ],
)
def test_a_steps_log_is_the_jobs_or_the_handlers(
    step: str, group: str, asked: dict[str, Any]
) -> None:
    session = AnsweringSession()
    answer = {"events": [{"timestamp": 1_795_000_000_000, "message": "said"}]}
    session.answers("logs", "filter_log_events", answer, logGroupName=group, limit=ANY, **asked)
    assert [each.text for each in reader(session).log(ARN, step).lines] == ["said"]


def test_the_console_shows_the_job() -> None:
    assert str(BLUEPRINT.console_url(SPEC, ARN)).endswith(f"#/jobs/{JOB}")


# ── The event log ───────────────────────────────────────────────────────────────────


def test_events_are_listed_as_the_bus_recorded_them_and_replays_are_marked() -> None:
    session = AnsweringSession()
    first = line(REQUESTED, 1, DETAIL)
    # Delivered again at 30 past; the event itself keeps its first time.
    again = line(REQUESTED, 1, DETAIL, **{"replay-name": "r"})
    again["timestamp"] = int(moment(30).timestamp() * 1000)
    session.answers(
        "logs",
        "filter_log_events",
        {"events": [first, again], "nextToken": "more"},
        logGroupName=f"/aws/events/{ROOT}",
        limit=ANY,
        startTime=int(moment(0).timestamp() * 1000),
        endTime=ANY,
    )
    page = BLUEPRINT.event_log(session, SPEC).events(since=moment(0), until=moment(40))  # type: ignore[union-attr]
    assert [(each.time, each.replay) for each in page.events] == [
        (moment(1), ""),
        (moment(30), "r"),
    ]
    assert (page.events[0].source, page.events[0].type) == (SOURCE, REQUESTED)
    assert page.events[0].detail["job"] == JOB
    assert page.cursor == "more"


def test_events_that_came_late_to_the_log_are_still_of_their_time() -> None:
    session = AnsweringSession()
    late = line(REQUESTED, 1, DETAIL)
    late["timestamp"] = int(moment(6).timestamp() * 1000)
    after = line(REQUESTED, 8, DETAIL)
    logging(session, late, after, endTime=ANY)
    page = BLUEPRINT.event_log(session, SPEC).events(since=None, until=moment(5))  # type: ignore[union-attr]
    assert [each.time for each in page.events] == [moment(1)]


def test_a_log_that_is_not_deployed_is_empty() -> None:
    session = AnsweringSession()
    session.refuses("logs", "filter_log_events", "ResourceNotFoundException")
    page = BLUEPRINT.event_log(session, SPEC).events(since=None, until=None)  # type: ignore[union-attr]
    assert (page.events, page.cursor) == ((), None)
