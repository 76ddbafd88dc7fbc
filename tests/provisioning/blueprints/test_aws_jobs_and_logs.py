"""Training jobs with their phases, and logs in CloudWatch, as Blueprints of AWS read them."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_common.jobs import ended, phases
from provisioning.blueprints.aws_common.logs import job_log, log
from provisioning.contracts import RunStatus
from tests.provisioning.blueprints.answering import AnsweringSession
from tests.provisioning.blueprints.pipelines import at

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-1"


def moment(minute: int) -> Any:
    return at(f"2026-11-21T08:{minute:02}:00+02:00")


def job(status: str, *reached: tuple[str, int, int | None], **more: Any) -> dict[str, Any]:
    transitions = [
        {"Status": name, "StartTime": moment(start)}
        | ({"EndTime": moment(end)} if end is not None else {})
        for name, start, end in reached
    ]
    return {
        "TrainingJobName": "churn-1",
        "TrainingJobArn": ARN,
        "TrainingJobStatus": status,
        "SecondaryStatusTransitions": transitions,
        "LastModifiedTime": moment(9),
        **more,
    }


def test_a_job_that_trains_shows_the_phases_it_has_reached() -> None:
    found = phases(job("InProgress", ("Starting", 0, 1), ("Training", 1, None)))
    assert [(each.name, each.status, each.after) for each in found] == [
        ("Starting", RunStatus.SUCCEEDED, ()),
        ("Training", RunStatus.RUNNING, ("Starting",)),
    ]
    assert found[0].finished == at("2026-11-21T06:01:00+00:00")
    assert found[1].finished is None
    assert {each.cloud_id for each in found} == {ARN}


def test_the_end_of_a_job_is_no_phase_of_its_own() -> None:
    over = (("Uploading", 2, 3), ("Completed", 3, 3))
    found = phases(job("Completed", ("Training", 1, 2), *over))
    assert [(each.name, each.status) for each in found] == [
        ("Training", RunStatus.SUCCEEDED),
        ("Uploading", RunStatus.SUCCEEDED),
    ]


def test_a_failed_job_fails_in_its_last_phase_with_its_reason() -> None:
    failed = job(
        "Failed",
        ("Starting", 0, 1),
        ("Training", 1, None),
        ("Failed", 2, 2),
        FailureReason="AlgorithmError: no rows",
        TrainingEndTime=moment(2),
    )
    last = phases(failed)[-1]
    assert (last.name, last.status) == ("Training", RunStatus.FAILED)
    assert (last.reason, last.finished) == ("AlgorithmError: no rows", moment(2))


@pytest.mark.parametrize(
    ("status", "more", "end"),
    [
        ("InProgress", {}, None),
        ("Stopping", {}, None),
        ("Stopped", {}, moment(9)),
        ("Completed", {"TrainingEndTime": moment(5)}, moment(5)),
    ],
)
def test_a_job_has_an_end_when_it_has_ended(status: str, more: dict[str, Any], end: Any) -> None:
    assert ended(job(status, **more)) == end


# ── Logs ────────────────────────────────────────────────────────────────────────────


def event(text: str, second: int) -> dict[str, Any]:
    return {"timestamp": 1_795_000_000_000 + second * 1000, "message": text}


def test_a_jobs_log_is_read_from_all_its_instances() -> None:
    session = AnsweringSession()
    session.answers(
        "logs",
        "filter_log_events",
        {"events": [event("one\n", 0), event("two", 1)], "nextToken": "more"},
        logGroupName="/aws/sagemaker/TrainingJobs",
        logStreamNamePrefix="churn-1/",
        limit=1000,
    )
    page = job_log(session, ARN)
    assert [line.text for line in page.lines] == ["one", "two"]
    assert (page.lines[1].time - page.lines[0].time).total_seconds() == 1
    assert (page.cursor, page.note) == ("more", "")


def test_a_pipelines_job_is_found_though_its_arn_has_small_letters() -> None:
    session = AnsweringSession()
    session.answers(
        "logs",
        "describe_log_streams",
        {
            "logStreams": [
                {"logStreamName": "pipelines-x1-Train-OTHER/algo-1"},
                {"logStreamName": "pipelines-x1-Train-AbC9/algo-1"},
            ]
        },
        logGroupName="/aws/sagemaker/TrainingJobs",
        logStreamNamePrefix="pipelines-x1-",
    )
    session.answers(
        "logs",
        "filter_log_events",
        {"events": [event("one", 0)]},
        logGroupName="/aws/sagemaker/TrainingJobs",
        logStreamNamePrefix="pipelines-x1-Train-AbC9/",
        limit=1000,
    )
    arn = f"{ARN.rpartition('/')[0]}/pipelines-x1-train-abc9"
    assert [line.text for line in job_log(session, arn).lines] == ["one"]
    session.all_asked()


def test_a_search_that_has_found_nothing_yet_goes_on() -> None:
    session = AnsweringSession()
    session.answers("logs", "filter_log_events", {"events": [], "nextToken": "a"})
    session.answers("logs", "filter_log_events", {"events": [event("x", 0)]})
    page = log(session, "group", pattern='"request-1"')
    session.all_asked()
    assert ([line.text for line in page.lines], page.cursor) == (["x"], None)


def test_a_log_that_is_not_there_says_so() -> None:
    session = AnsweringSession()
    session.refuses("logs", "filter_log_events", "ResourceNotFoundException")
    assert "no lines" in job_log(session, ARN).note
    session.answers("logs", "filter_log_events", {"events": []})
    assert "no lines" in job_log(session, ARN).note
    assert "writes no log" in job_log(session, ARN.replace("training-job", "model")).note
