"""The history of a Google data pipeline, from answers as Google gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.google_common.names import Place
from provisioning.blueprints.google_data_pipeline.blueprint import BLUEPRINT
from provisioning.blueprints.google_data_pipeline.reader import Reader
from provisioning.contracts import RunStatus
from provisioning.errors import NotFound
from tests.provisioning.blueprints.data_pipelines import (
    PIPELINE,
    SLUG,
    daily,
    on_event,
    on_object,
    spec,
)
from tests.provisioning.blueprints.google_answering import PARENT, PROJECT, REGION, AnsweringGoogle

WORK = Place(REGION, PROJECT).bucket(SLUG, "work")
WORKFLOW = f"{PARENT}/workflows/skyclock-{SLUG}"
LABELS = {"skyclock-pipeline": SLUG}


def job(number: str, made: str, state: str = "STATE_DONE", **more: Any) -> dict[str, Any]:
    return {
        "name": f"{PIPELINE}/jobs/{number}",
        "id": number,
        "state": state,
        "createTime": f"2026-11-21T{made}.123456789Z",
        **more,
    }


def execution(number: str, result: dict[str, Any], key: str = "t2") -> dict[str, Any]:
    return {
        "name": f"{WORKFLOW}-{key}/executions/{number}",
        "state": "SUCCEEDED",
        "createTime": "2026-11-21T09:59:58Z",
        "result": json.dumps(result),
    }


@pytest.fixture
def google() -> AnsweringGoogle:
    """Nothing ran yet; tests record before it what did."""
    return AnsweringGoogle()


def reader(google: AnsweringGoogle, *jobs: dict[str, Any], **more: Any) -> Reader:
    google.answers("GET", f"{SLUG}/jobs", {"jobs": [*jobs]})
    google.answers("GET", "/executions", {})
    google.answers("GET", f"/b/{WORK}/o", {"items": more.pop("by_hand", [])})
    triggers = more.pop("triggers", (daily(), on_object(), on_event()))
    return BLUEPRINT.reader(google, spec(triggers=triggers))  # type: ignore[return-value]


def test_jobs_are_runs_with_their_states_and_times(google: AnsweringGoogle) -> None:
    failed = {"code": 3, "message": "The template was not found."}
    found = reader(
        google,
        job("5", "11:00:00", "STATE_PENDING"),
        job("4", "10:00:00", "STATE_RUNNING"),
        job("3", "09:00:00", endTime="2026-11-21T09:05:00Z"),
        job("2", "08:00:00", "STATE_FAILED", endTime="2026-11-21T08:01:00Z", status=failed),
        job("1", "07:00:00", "STATE_CANCELLED", endTime="2026-11-21T07:01:00Z"),
    ).runs(since=None)
    assert [run.status for run in found.runs] == [
        RunStatus.QUEUED,
        RunStatus.RUNNING,
        RunStatus.SUCCEEDED,
        RunStatus.FAILED,
        RunStatus.STOPPED,
    ]
    third = found.runs[2]
    assert third.started == datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)
    assert third.finished == datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    assert found.runs[3].reason == "The template was not found."
    assert found.cursor is None


def test_pages_go_on_until_since_and_keep_failed_starts_in_order(google: AnsweringGoogle) -> None:
    google.answers("GET", f"{SLUG}/jobs", {"jobs": [job("1", "06:00:00")]}, pageToken="more")
    google.answers(
        "GET",
        f"{SLUG}/jobs",
        {"jobs": [job("3", "10:00:00"), job("2", "08:00:00")], "nextPageToken": "more"},
    )
    google.answers("GET", "/executions", {})
    pages = BLUEPRINT.reader(google, spec(triggers=(on_object(),)))
    first = pages.runs(since=datetime(2026, 11, 21, 7, tzinfo=UTC))
    assert [run.cloud_id[-1] for run in first.runs] == ["3", "2"]
    second = pages.runs(since=datetime(2026, 11, 21, 7, tzinfo=UTC), cursor=first.cursor)
    assert (second.runs, second.cursor) == ((), None)
    windows = [each.query["filter"] for each in google.asked_to("GET", "/executions")]
    assert windows == [
        'state="FAILED" AND createTime>="2026-11-21T08:00:00.123456Z"',
        'state="FAILED" AND createTime>="2026-11-21T07:00:00.000000Z" AND '
        'createTime<"2026-11-21T08:00:00.123456Z"',
    ]


def test_a_pipeline_that_is_not_there_has_no_runs(google: AnsweringGoogle) -> None:
    google.refuses("GET", f"{SLUG}/jobs", 404, "NOT_FOUND")
    assert BLUEPRINT.reader(google, spec()).runs(since=None).runs == ()


# ── What started it ─────────────────────────────────────────────────────────────────


def test_a_workflow_tells_which_object_started_a_run(google: AnsweringGoogle) -> None:
    told = {"outcome": "started", "cause": "data/x.csv", "job": {"name": f"{PIPELINE}/jobs/7"}}
    google.answers(
        "GET",
        "t2/executions",
        {"executions": [execution("a", {"outcome": "ignored"}), execution("b", told)]},
    )
    found = reader(google, job("7", "10:00:00")).run(f"{PIPELINE}/jobs/7")
    assert (found.trigger, found.cause) == ("t2", "data/x.csv")
    (asked,) = google.asked_to("GET", "t2/executions")
    assert asked.query["view"] == "FULL"
    assert asked.query["filter"].startswith('state="SUCCEEDED" AND createTime>="2026-11-21T09:45')


def test_executions_are_read_once_for_runs_that_lie_together(google: AnsweringGoogle) -> None:
    jobs = [job(str(number), f"10:00:{number:02d}") for number in range(20, 0, -1)]
    found = reader(google, *jobs)
    for run in found.runs(since=None).runs:
        found.run(run.cloud_id)
    asked = [each.query["filter"] for each in google.asked_to("GET", "t2/executions")]
    assert len([each for each in asked if "SUCCEEDED" in each]) == 1


def test_a_start_from_here_is_known_by_its_claim(google: AnsweringGoogle) -> None:
    claim = {
        "name": "skyclock/starts/abc",
        "metadata": {"job": f"{PIPELINE}/jobs/7"},
        "timeCreated": "2026-11-21T10:00:00Z",
    }
    found = reader(google, job("7", "10:00:02"), by_hand=[claim]).run(f"{PIPELINE}/jobs/7")
    assert (found.trigger, found.cause) == ("manual", "")


@pytest.mark.parametrize(
    ("made", "trigger"),
    [
        ("05:00:20", "t1"),  # 06:00 in Berlin
        ("05:01:29", "t1"),
        ("05:01:31", ""),  # too late to be the schedule's for certain
        ("04:59:59", ""),
        ("10:00:00", ""),
    ],
)
def test_a_start_at_the_schedules_time_is_the_schedules(
    google: AnsweringGoogle, made: str, trigger: str
) -> None:
    assert reader(google, job("7", made)).run(f"{PIPELINE}/jobs/7").trigger == trigger


def test_a_start_that_came_to_no_job_is_a_failed_run(google: AnsweringGoogle) -> None:
    refused = {
        "code": 403,
        "body": {"error": {"code": 403, "message": "Permission denied on pipeline."}},
        "message": "HTTP server responded with error code 403",
    }
    failed = {
        "name": f"{WORKFLOW}-t2/executions/f",
        "state": "FAILED",
        "createTime": "2026-11-21T10:30:00Z",
        "endTime": "2026-11-21T10:30:04Z",
        "argument": json.dumps({"id": "1", "data": {"name": "data/x.csv"}}),
        "error": {"payload": json.dumps(refused)},
    }
    google.answers("GET", "t2/executions/f", failed)
    google.answers("GET", "t2/executions", {"executions": [failed]})
    found = reader(google, job("7", "10:00:00"), job("6", "09:00:00"))
    listed = found.runs(since=None).runs
    assert [run.cloud_id.rpartition("/")[2] for run in listed] == ["f", "7", "6"]
    assert listed[0] == found.run(f"{WORKFLOW}-t2/executions/f")
    assert (listed[0].status, listed[0].trigger, listed[0].cause) == (
        RunStatus.FAILED,
        "t2",
        "data/x.csv",
    )
    assert listed[0].reason == "No job was started: Permission denied on pipeline."
    assert found.steps(listed[0].cloud_id) == ()
    assert [line.text for line in found.log(listed[0].cloud_id, "").lines] == [listed[0].reason]


def test_a_run_that_google_has_forgotten_is_not_found(google: AnsweringGoogle) -> None:
    with pytest.raises(NotFound):
        reader(google, job("7", "10:00:00")).run(f"{PIPELINE}/jobs/1")


# ── Dataflow ────────────────────────────────────────────────────────────────────────

STAGES = [
    {
        "id": "S01",
        "name": "F20",
        "kind": "PAR_DO_KIND",
        "componentTransform": [{"userName": "ReadLines/Read"}, {"userName": "Split"}],
    },
    {
        "id": "S02",
        "name": "F21",
        "kind": "GROUP_BY_KEY_KIND",
        "componentTransform": [{"userName": "Count/Group"}],
        "prerequisiteStage": ["S01"],
    },
    {"id": "S03", "name": "F22", "kind": "WRITE_KIND", "prerequisiteStage": ["S02"]},
]


def behind(number: str = "7", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"skyclock-{SLUG}",
        "labels": LABELS,
        "currentState": "JOB_STATE_RUNNING",
        "createTime": "2026-11-21T10:00:01Z",
        "pipelineDescription": {"executionPipelineStage": STAGES},
        "stageStates": [{"executionStageName": "F22", "executionStageState": "JOB_STATE_PENDING"}],
        **more,
    }


TIMES = [
    {
        "stageId": "S01",
        "state": "EXECUTION_STATE_SUCCEEDED",
        "startTime": "2026-11-21T10:01:00Z",
        "endTime": "2026-11-21T10:02:00Z",
    },
    {
        "stageId": "S02",
        "state": "EXECUTION_STATE_RUNNING",
        "startTime": "2026-11-21T10:02:00Z",
        "endTime": "2026-11-21T10:09:00Z",  # as Google expects it
    },
]


def test_stages_are_steps_in_the_order_they_wait_for_each_other(google: AnsweringGoogle) -> None:
    google.answers("GET", "/jobs/7/executionDetails", {"stages": TIMES})
    google.answers("GET", f"locations/{REGION}/jobs/7", behind())
    steps = reader(google, job("7", "10:00:00")).steps(f"{PIPELINE}/jobs/7")
    assert [(step.name, step.kind, step.status, step.after) for step in steps] == [
        ("ReadLines + Split", "Par do", RunStatus.SUCCEEDED, ()),
        ("Count", "Group by key", RunStatus.RUNNING, ("ReadLines + Split",)),
        ("F22", "Write", RunStatus.QUEUED, ("Count",)),
    ]
    assert steps[0].finished == datetime(2026, 11, 21, 10, 2, tzinfo=UTC)
    assert steps[1].finished is None
    page = BLUEPRINT.console_url(spec(), steps[0].cloud_id)
    assert page == (f"https://console.cloud.google.com/dataflow/jobs/{REGION}/7?project={PROJECT}")


def test_a_job_of_another_number_is_known_by_label_and_time(google: AnsweringGoogle) -> None:
    google.answers("GET", "/jobs/df-1/executionDetails", {})
    google.answers("GET", f"locations/{REGION}/jobs/df-1", behind("df-1"))
    google.refuses("GET", f"locations/{REGION}/jobs/7", 404, "NOT_FOUND")
    google.answers(
        "GET",
        f"locations/{REGION}/jobs",
        {"jobs": [behind("df-1"), behind("df-2", labels={"skyclock-pipeline": "other"})]},
    )
    assert len(reader(google, job("7", "10:00:00")).steps(f"{PIPELINE}/jobs/7")) == 3
    (asked,) = [each for each in google.asked if each.path.endswith(f"{REGION}/jobs")]
    assert asked.query["createTimeRange.startTime"].startswith("2026-11-21T09:57:00")


def test_of_several_jobs_that_could_be_it_none_is_taken(google: AnsweringGoogle) -> None:
    google.refuses("GET", f"locations/{REGION}/jobs/7", 404, "NOT_FOUND")
    google.answers("GET", f"locations/{REGION}/jobs", {"jobs": [behind("a"), behind("b")]})
    found = reader(google, job("7", "10:00:00"))
    assert found.steps(f"{PIPELINE}/jobs/7") == ()
    assert "for certain" in found.log(f"{PIPELINE}/jobs/7", "").note


MESSAGES = [
    ("JOB_MESSAGE_BASIC", "Executing operation ReadLines/Read+Split"),
    ("JOB_MESSAGE_WARNING", "Worker pool is slow."),
    ("JOB_MESSAGE_BASIC", "Finished operation Count/Group"),
]


def messages(*told: tuple[str, str]) -> dict[str, Any]:
    return {
        "jobMessages": [
            {"time": "2026-11-21T10:01:00Z", "messageImportance": level, "messageText": text}
            for level, text in told
        ]
    }


def test_messages_are_the_log_of_a_run_and_of_the_stage_that_they_name(
    google: AnsweringGoogle,
) -> None:
    google.answers("GET", "/jobs/7/messages", messages(*MESSAGES))
    google.answers("GET", f"locations/{REGION}/jobs/7", behind())
    found = reader(google, job("7", "10:00:00"))
    assert [line.text for line in found.log(f"{PIPELINE}/jobs/7", "").lines] == [
        "Executing operation ReadLines/Read+Split",
        "WARNING: Worker pool is slow.",
        "Finished operation Count/Group",
    ]
    of_stage = found.log(f"{PIPELINE}/jobs/7", "Count")
    assert [line.text for line in of_stage.lines] == ["Finished operation Count/Group"]
    assert "none yet" in found.log(f"{PIPELINE}/jobs/7", "F22").note


def test_a_failed_run_without_a_reason_has_dataflows_first_error(google: AnsweringGoogle) -> None:
    google.answers(
        "GET",
        "/jobs/7/messages",
        messages(("JOB_MESSAGE_ERROR", "Bucket not found."), ("JOB_MESSAGE_ERROR", "Failed.")),
        minimumImportance="JOB_MESSAGE_ERROR",
    )
    google.answers("GET", f"locations/{REGION}/jobs/7", behind(currentState="JOB_STATE_FAILED"))
    found = reader(google, job("7", "10:00:00", "STATE_FAILED")).run(f"{PIPELINE}/jobs/7")
    assert found.reason == "Bucket not found."


@pytest.mark.parametrize(
    ("cloud_id", "address"),
    [
        (
            f"{PIPELINE}/jobs/7",
            f"dataflow/pipelines/locations/{REGION}/skyclock-{SLUG}?project={PROJECT}",
        ),
        (
            f"{WORKFLOW}-t2/executions/f",
            f"workflows/workflow/{REGION}/skyclock-{SLUG}-t2/execution/f?project={PROJECT}",
        ),
    ],
)
def test_a_run_has_a_page_in_googles_console(cloud_id: str, address: str) -> None:
    found = BLUEPRINT.console_url(spec(), cloud_id)
    assert found == f"https://console.cloud.google.com/{address}"
