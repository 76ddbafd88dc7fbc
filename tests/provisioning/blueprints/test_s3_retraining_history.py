"""Runs, steps and logs of a retraining, from SageMaker's jobs and the function's log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from provisioning.blueprints.aws_s3_retraining.blueprint import BLUEPRINT
from provisioning.contracts import RunStatus
from provisioning.errors import CloudError, NotFound
from tests.provisioning.blueprints.answering import ANY, AnsweringSession
from tests.provisioning.blueprints.pipelines import at
from tests.provisioning.blueprints.retrained import (
    BUCKET,
    FUNCTION,
    ROOT,
    job_arn,
    job_of,
    retrained,
)

SPEC = retrained()
JOB = job_of("one")
ARN = job_arn(JOB)
KEY = "data/x.csv"


def moment(minute: int) -> Any:
    return at(f"2026-11-21T06:{minute:02}:00+00:00")


def said(what: str, minute: int, job: str = JOB, **more: Any) -> dict[str, Any]:
    """As the function's log has it."""
    told = {"said": what, "job": job, "object": KEY, "trigger": "t1", "at": "", **more}
    return {"timestamp": int(moment(minute).timestamp() * 1000), "message": json.dumps(told)}


def asked(minute: int, job: str = JOB, **more: Any) -> dict[str, Any]:
    return said("training-asked", minute, job, **more)


def refused(minute: int, job: str = JOB, reason: str = "no quota", **more: Any) -> dict[str, Any]:
    return said("training-refused", minute, job, reason=reason, **more)


def summary(name: str = JOB, minute: int = 5, **more: Any) -> dict[str, Any]:
    found = {
        "TrainingJobName": name,
        "TrainingJobArn": job_arn(name),
        "CreationTime": moment(minute),
        "TrainingJobStatus": "InProgress",
    }
    return found | more


def described(**more: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{KEY}"}
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
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "Environment": {"SKYCLOCK_TRIGGER": "t1", "SKYCLOCK_OBJECT": KEY},
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": moment(5), "EndTime": moment(6)},
            {"Status": "Training", "StartTime": moment(6), "EndTime": moment(9)},
            {"Status": "Completed", "StartTime": moment(9), "EndTime": moment(9)},
        ],
    }
    return found | more


def logging(session: AnsweringSession, *lines: dict[str, Any], **how: Any) -> None:
    group = {"logGroupName": f"/aws/lambda/{FUNCTION}", "limit": ANY}
    session.answers("logs", "filter_log_events", {"events": list(lines)}, **group, **how)


def listing(session: AnsweringSession, *jobs: dict[str, Any], more: str = "", **how: Any) -> None:
    token = {"NextToken": more} if more else {}
    answer = {"TrainingJobSummaries": list(jobs), **token}
    session.answers("sagemaker", "list_training_jobs", answer, **how)


def without_job(session: AnsweringSession) -> None:
    session.refuses("sagemaker", "describe_training_job", "ValidationException")


def reader(session: AnsweringSession) -> Any:
    return BLUEPRINT.reader(session, SPEC)


# ── Lists ───────────────────────────────────────────────────────────────────────────


def test_runs_are_the_pipelines_own_jobs_and_what_did_not_come_about() -> None:
    session = AnsweringSession()
    listing(
        session,
        summary(),
        summary(f"{ROOT}-eu-0123456789ab"),
        NameContains=f"{ROOT}-",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=100,
        CreationTimeAfter=moment(0) - timedelta(seconds=1),
    )
    other = job_of("other")
    since = {"startTime": int(moment(0).timestamp() * 1000)}
    logging(session, asked(5), asked(7, other), filterPattern='"training-asked"', **since)
    logging(session, refused(7, other), filterPattern='"training-refused"', **since)
    page = reader(session).runs(since=moment(0))
    session.all_asked()
    assert [(run.cloud_id, run.status) for run in page.runs] == [
        (job_arn(other), RunStatus.FAILED),
        (ARN, RunStatus.RUNNING),
    ]
    failed = page.runs[0]
    assert (failed.reason, failed.cause, failed.trigger) == ("no quota", KEY, "t1")
    assert page.cursor is None


def test_a_refused_call_that_was_repeated_with_success_is_one_run() -> None:
    session = AnsweringSession()
    listing(session, summary(minute=6))
    logging(session, asked(5), asked(6), filterPattern=ANY)
    logging(session, refused(5), filterPattern=ANY)
    page = reader(session).runs(since=None)
    assert [(run.cloud_id, run.status) for run in page.runs] == [(ARN, RunStatus.RUNNING)]


def test_what_did_not_come_about_is_told_on_the_page_of_its_time_and_once() -> None:
    """Jobs of a newer page were asked for before the oldest of them was made."""
    old, new, late = job_of("old"), job_of("new"), job_of("late")
    session = AnsweringSession()
    listing(session, summary(minute=5), more="more")
    from_five = {"startTime": int(moment(5).timestamp() * 1000)}
    logging(session, asked(6, new), filterPattern=ANY, **from_five)
    logging(session, refused(6, new), filterPattern=ANY, **from_five)
    words = ("NameContains", "SortBy", "SortOrder", "MaxResults")
    older = summary(job_of("b"), 2)
    listing(session, older, NextToken="more", **dict.fromkeys(words, ANY))
    lines = [asked(1, old), asked(4, JOB), asked(4, late), asked(6, new)]
    logging(session, *lines, filterPattern=ANY)
    no = [refused(1, old), refused(4, late), refused(6, new)]
    logging(session, *no, filterPattern=ANY)
    without_job(session)  # of "old"
    session.answers("sagemaker", "describe_training_job", described(), TrainingJobName=JOB)
    without_job(session)  # of "late"
    one = reader(session).runs(since=None)
    two = reader(session).runs(since=None, cursor=one.cursor)
    session.all_asked()
    names = [run.cloud_id.rpartition("/")[2] for run in (*one.runs, *two.runs)]
    assert names == [new, JOB, late, job_of("b"), old]
    assert two.cursor is None


def test_a_job_of_the_next_page_is_left_to_it_though_clocks_differ() -> None:
    """The log has it as asked for after SageMaker has made it."""
    session = AnsweringSession()
    listing(session, summary(minute=5), more="more")
    logging(session, asked(5, job_of("older")), filterPattern=ANY, startTime=ANY)
    logging(session, filterPattern=ANY, startTime=ANY)
    session.answers(
        "sagemaker", "describe_training_job", described(), TrainingJobName=job_of("older")
    )
    assert [run.cloud_id for run in reader(session).runs(since=None).runs] == [ARN]
    session.all_asked()


def test_what_was_just_asked_for_is_queued_and_later_has_failed() -> None:
    early = AnsweringSession(now="2026-11-21T06:09:00+00:00")
    late = AnsweringSession(now="2026-11-21T06:30:00+00:00")
    for session in (early, late):
        without_job(session)
        logging(session, asked(1), filterPattern=f'"{JOB}"')
    run = reader(early).run(ARN)
    assert (run.status, run.finished, run.reason) == (RunStatus.QUEUED, None, "")
    run = reader(late).run(ARN)
    assert (run.status, run.finished) == (RunStatus.FAILED, moment(1))
    assert "did not come to its end" in run.reason


# ── One run ─────────────────────────────────────────────────────────────────────────


def test_a_run_tells_its_trigger_and_its_object() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described(), TrainingJobName=JOB)
    run = reader(session).run(ARN)
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "t1", KEY)
    assert run.parameters == {"object": KEY}
    assert run.finished == moment(9)


def test_a_run_that_people_asked_for_is_nobodys_trigger() -> None:
    session = AnsweringSession()
    told = {"SKYCLOCK_OBJECT": "data/"}
    session.answers("sagemaker", "describe_training_job", described(Environment=told))
    assert reader(session).run(ARN).trigger == "manual"


def test_a_run_that_sagemaker_refused_has_failed_with_its_words() -> None:
    session = AnsweringSession()
    without_job(session)
    logging(session, asked(1), refused(1), asked(3), refused(4), filterPattern=f'"{JOB}"')
    run = reader(session).run(ARN)
    assert (run.status, run.cloud_status, run.reason) == (RunStatus.FAILED, "Refused", "no quota")
    assert (run.started, run.finished) == (moment(1), moment(4))


def test_a_run_that_nobody_knows_is_an_error() -> None:
    session = AnsweringSession()
    without_job(session)
    logging(session, filterPattern=ANY)
    with pytest.raises(NotFound, match="knows the job"):
        reader(session).run(ARN)


def test_what_cannot_be_read_is_not_taken_for_absent() -> None:
    session = AnsweringSession()
    session.refuses("sagemaker", "describe_training_job", "AccessDeniedException")
    with pytest.raises(CloudError):
        reader(session).run(ARN)


def test_lines_that_are_not_the_functions_own_are_left_out() -> None:
    session = AnsweringSession()
    without_job(session)
    noise = [
        {"timestamp": 1_795_000_000_000, "message": text}
        for text in ("START RequestId: 1", f'["{JOB}"]', f'{{"said": "else", "job": "{JOB}"}}')
    ]
    logging(session, *noise, asked(1), filterPattern=ANY)
    assert reader(session).run(ARN).cloud_status == "Asked"


# ── Steps and logs ──────────────────────────────────────────────────────────────────


def test_steps_are_the_functions_call_and_the_jobs_phases() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described())
    logging(session, asked(4), refused(4), asked(5), filterPattern=f'"{JOB}"')
    found = reader(session).steps(ARN)
    assert [(step.name, step.after, step.status) for step in found] == [
        ("Start", (), RunStatus.SUCCEEDED),
        ("Starting", ("Start",), RunStatus.SUCCEEDED),
        ("Training", ("Starting",), RunStatus.SUCCEEDED),
    ]
    assert (found[0].started, found[0].finished) == (moment(4), moment(5))


def test_a_refused_run_has_the_one_step_that_failed() -> None:
    session = AnsweringSession()
    without_job(session)
    logging(session, asked(4), refused(5), filterPattern=ANY)
    (step,) = reader(session).steps(ARN)
    assert (step.status, step.reason, step.finished) == (RunStatus.FAILED, "no quota", moment(5))


def test_a_job_whose_start_is_no_longer_in_the_log_still_has_its_phases() -> None:
    session = AnsweringSession()
    session.answers("sagemaker", "describe_training_job", described())
    logging(session, filterPattern=ANY)
    found = reader(session).steps(ARN)
    assert [(step.name, step.after) for step in found] == [
        ("Starting", ()),
        ("Training", ("Starting",)),
    ]


@pytest.mark.parametrize(
    ("step", "group", "how"),
    [
        ("Training", "/aws/sagemaker/TrainingJobs", {"logStreamNamePrefix": f"{JOB}/"}),
        ("", "/aws/sagemaker/TrainingJobs", {"logStreamNamePrefix": f"{JOB}/"}),
        ("Start", f"/aws/lambda/{FUNCTION}", {"filterPattern": f'"{JOB}"'}),
    ],
)
def test_a_steps_log_is_the_jobs_or_the_functions(
    step: str, group: str, how: dict[str, Any]
) -> None:
    session = AnsweringSession()
    answer = {"events": [{"timestamp": 1_795_000_000_000, "message": "hello"}]}
    session.answers("logs", "filter_log_events", answer, logGroupName=group, limit=ANY, **how)
    assert [each.text for each in reader(session).log(ARN, step).lines] == ["hello"]


def test_the_console_shows_the_job() -> None:
    assert str(BLUEPRINT.console_url(SPEC, ARN)).endswith(f"#/jobs/{JOB}")
