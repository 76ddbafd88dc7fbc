"""Runs, steps, logs and causes from recorded answers of Data Factory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.blueprints.azure_data_factory.blueprint import BLUEPRINT
from provisioning.contracts import RunStatus
from tests.provisioning.blueprints.factories import (
    CREATED,
    DAILY,
    HOURLY,
    READY,
    answering,
    spec,
)

SPEC = spec(DAILY, HOURLY, CREATED, READY)
RUN = "2f7fdb90-5df1-4b8e-ac2f-064cfa58202b"


def run(**changes: Any) -> dict[str, Any]:
    """As the API's own example has it."""
    return {
        "runId": RUN, "runGroupId": RUN, "isLatest": True, "pipelineName": "skyclock-sales",
        "parameters": {"file": "x.csv", "regions": '["north"]', "skyclock_token": "", },
        "invokedBy": {"id": "08586724970898148904457116912CU27", "name": "skyclock-sales-t3",
                      "invokedByType": "BlobEventsTrigger"},
        "runStart": "2027-03-02T11:00:00.1234567Z", "runEnd": "2027-03-02T11:02:00.7654321Z",
        "durationInMs": 120642, "status": "Succeeded", "message": "",
        "lastUpdated": "2027-03-02T11:02:00.7654321Z", **changes,
    }  # fmt: skip


def activity(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "pipelineName": "skyclock-sales", "pipelineRunId": RUN, "activityName": name,
        "activityType": "Wait", "activityRunId": f"id-of-{name}", "status": "Succeeded",
        "activityRunStart": "2027-03-02T11:00:01Z", "activityRunEnd": "2027-03-02T11:00:05Z",
        "input": {"waitTimeInSeconds": 4}, "output": {}, "retryAttempt": None,
        "error": {"errorCode": "", "message": "", "failureType": "", "target": name}, **changes,
    }  # fmt: skip


def test_runs_are_listed_newest_first_with_all_that_the_list_tells() -> None:
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": [run()], "continuationToken": "more"})
        page = BLUEPRINT.reader(session, SPEC).runs(since=datetime(2027, 3, 1, tzinfo=UTC))
    (found,) = page.runs
    assert page.cursor == "more"
    assert (found.cloud_id, found.status, found.trigger) == (RUN, RunStatus.SUCCEEDED, "t3")
    assert found.started == datetime(2027, 3, 2, 11, 0, 0, 123456, tzinfo=UTC)
    assert found.finished == datetime(2027, 3, 2, 11, 2, 0, 765432, tzinfo=UTC)
    assert found.parameters == {"file": "x.csv", "regions": '["north"]'}, "ours are not shown"
    (asked,) = azure.bodies("queryPipelineRuns")
    assert asked["lastUpdatedAfter"] == "2027-03-01T00:00:00.000000Z"
    assert asked["orderBy"] == [{"orderBy": "RunStart", "order": "DESC"}]
    assert asked["filters"][0]["values"] == ["skyclock-sales"]


def test_a_page_is_asked_for_by_its_cursor() -> None:
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": []})
        BLUEPRINT.reader(session, SPEC).runs(since=None, cursor="more")
    (asked,) = azure.bodies("queryPipelineRuns")
    assert asked["continuationToken"] == "more"
    assert asked["lastUpdatedAfter"].startswith("2027-01-16"), "45 days are kept"


def test_runs_that_began_before_are_left_out() -> None:
    early = run(runId="early", runStart="2027-02-27T00:00:00Z")
    waiting = run(runId="waiting", runStart=None, runEnd=None, status="Queued")
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": [run(), early, waiting]})
        page = BLUEPRINT.reader(session, SPEC).runs(since=datetime(2027, 3, 1, tzinfo=UTC))
    assert [each.cloud_id for each in page.runs] == [RUN]


def test_a_pipeline_that_is_not_there_has_no_runs() -> None:
    with answering() as (azure, session):
        azure.refuses("POST", "/queryPipelineRuns", 404, "ResourceNotFound")
        assert BLUEPRINT.reader(session, SPEC).runs(since=None).runs == ()


def test_every_status_of_data_factory_is_known() -> None:
    wanted = {
        "Queued": RunStatus.QUEUED, "InProgress": RunStatus.RUNNING,
        "Canceling": RunStatus.RUNNING, "Cancelled": RunStatus.STOPPED,
        "Failed": RunStatus.FAILED, "Succeeded": RunStatus.SUCCEEDED,
    }  # fmt: skip
    value = [run(runId=status, status=status, message="why") for status in wanted]
    with answering() as (azure, session):
        azure.answers("POST", "/queryPipelineRuns", {"value": value})
        page = BLUEPRINT.reader(session, SPEC).runs(since=None)
    assert {each.cloud_status: each.status for each in page.runs} == wanted
    reasons = {each.cloud_status: each.reason for each in page.runs}
    assert (reasons["Failed"], reasons["Succeeded"]) == ("why", "")
    assert [each.cloud_status for each in page.runs if each.finished] == [
        "Cancelled", "Failed", "Succeeded",
    ]  # fmt: skip


def told_by(invoked: dict[str, Any], **parameters: str) -> tuple[str, str, str]:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(invokedBy=invoked, parameters=parameters))
        azure.answers("POST", "/queryTriggerRuns", {"value": []})
        found = BLUEPRINT.reader(session, SPEC).run(RUN)
    return found.trigger, found.started_by, found.cause


def test_a_run_tells_who_started_it_and_why() -> None:
    manual = {"id": "x", "name": "Manual", "invokedByType": "Manual"}
    assert told_by(manual) == ("manual", "Manual", "")
    blob = {"name": "skyclock-sales-t3", "invokedByType": "BlobEventsTrigger"}
    assert told_by(blob, skyclock_cause="data/in/x.csv") == ("t3", "skyclock-sales-t3", "in/x.csv")
    event = {"name": "skyclock-sales-t4", "invokedByType": "CustomEventsTrigger"}
    assert told_by(event, skyclock_cause="dataset.ready 7f3a")[2] == "dataset.ready 7f3a"
    window = {"name": "skyclock-sales-t2", "invokedByType": "TumblingWindowTrigger"}
    ends = "2027-03-01T06:00:00Z to 2027-03-01T12:00:00.0000000Z"
    assert told_by(window, skyclock_cause=ends)[2] == "2027-03-01 06:00 to 12:00 UTC"
    night = "2027-03-01T18:00:00Z to 2027-03-02T00:00:00Z"
    told = told_by(window, skyclock_cause=night)[2]
    assert told == "2027-03-01 18:00 to 2027-03-02 00:00 UTC"
    stranger = {"name": "nightly", "invokedByType": "ScheduleTrigger"}
    assert told_by(stranger) == ("", "nightly", "")


def test_what_the_run_does_not_tell_its_triggers_run_does() -> None:
    payload = '{"subject": "/blobServices/default/containers/data/blobs/in/y.csv"}'
    firing = {
        "triggerRunId": "1", "triggerName": "skyclock-sales-t3", "status": "Succeeded",
        "triggerRunTimestamp": "2027-03-02T11:00:00Z",
        "properties": {"TriggerTime": "2027-03-02T11:00:00Z", "EventPayload": payload},
        "triggeredPipelines": {"skyclock-sales": RUN},
    }  # fmt: skip
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(parameters={}))
        azure.answers("POST", "/queryTriggerRuns", {"value": [firing]})
        reader = BLUEPRINT.reader(session, SPEC)
        assert [reader.run(RUN).cause for _ in range(2)] == ["in/y.csv"] * 2
        assert len(azure.bodies("queryTriggerRuns")) == 1, "what was read is kept"


def steps_of(*found: dict[str, Any]) -> list[Any]:
    with answering() as (azure, session):
        half = len(found) // 2
        azure.answers(
            "POST", "/queryActivityruns",
            {"value": list(found[:half]), "continuationToken": "more"},
            {"value": list(found[half:])},
        )  # fmt: skip
        return list(BLUEPRINT.reader(session, SPEC).steps(RUN))


def test_steps_know_what_they_waited_for() -> None:
    steps = steps_of(
        activity("train", activityRunStart="2027-03-02T11:00:09Z", status="InProgress",
                 activityRunEnd=None),
        activity("a file came", activityType="IfCondition"),
        activity("regions", activityType="ForEach", activityRunStart="2027-03-02T11:00:03Z"),
        activity("archive", activityType="Copy", activityRunStart="2027-03-02T11:00:02Z"),
    )  # fmt: skip
    assert [(each.name, each.after) for each in steps] == [
        ("a file came", ()),
        ("archive", ("a file came",)),
        ("regions", ("a file came",)),
        ("train", ("regions",)),
    ]
    assert steps[-1].status is RunStatus.RUNNING and steps[-1].finished is None
    assert (steps[1].kind, steps[1].cloud_id) == ("Copy", "activityruns/id-of-archive")


def test_turns_of_a_loop_are_steps_of_their_own() -> None:
    steps = steps_of(
        activity("regions", activityType="ForEach"),
        activity("prepare", iterationHash="a", activityRunStart="2027-03-02T11:00:02Z"),
        activity("prepare", iterationHash="b", activityRunStart="2027-03-02T11:00:03Z"),
    )
    assert [(each.name, each.after) for each in steps] == [
        ("regions", ()), ("prepare 1", ("regions",)), ("prepare 2", ("regions",)),
    ]  # fmt: skip


def test_retries_are_one_step_as_its_last_attempt() -> None:
    failure = {"errorCode": "2100", "message": "The file is locked.", "failureType": "UserError"}
    steps = steps_of(
        activity("archive", status="Failed", error=failure, retryAttempt=0),
        activity("archive", retryAttempt=1, activityRunStart="2027-03-02T11:00:40Z",
                 activityRunEnd="2027-03-02T11:00:50Z"),
    )  # fmt: skip
    (step,) = steps
    assert (step.status, step.attempt, step.reason) == (RunStatus.SUCCEEDED, 2, "")
    assert step.started == datetime(2027, 3, 2, 11, 0, 1, tzinfo=UTC)
    assert step.finished == datetime(2027, 3, 2, 11, 0, 50, tzinfo=UTC)


def test_a_step_has_what_it_was_given_and_what_came_of_it_as_its_log() -> None:
    failure = {"errorCode": "2100", "message": "The file is locked.\nTry later."}
    found = activity("archive", status="Failed", error=failure, output={"filesRead": 0})
    with answering() as (azure, session):
        azure.answers("POST", "/queryActivityruns", {"value": [found]})
        page = BLUEPRINT.reader(session, SPEC).log(RUN, "archive")
        missing = BLUEPRINT.reader(session, SPEC).log(RUN, "train")
    assert [line.text for line in page.lines] == [
        "Input:", "{", '  "waitTimeInSeconds": 4', "}",
        "Output:", "{", '  "filesRead": 0', "}",
        "Error (2100): The file is locked.", "Try later.",
    ]  # fmt: skip
    assert page.lines[0].time + timedelta(seconds=4) == page.lines[-1].time
    assert missing.lines == () and missing.note.startswith("Data Factory keeps no log")


def test_a_run_itself_has_its_parameters_and_its_message() -> None:
    with answering() as (azure, session):
        azure.answers("GET", f"/pipelineruns/{RUN}", run(status="Failed", message="It broke."))
        page = BLUEPRINT.reader(session, SPEC).log(RUN, "")
    assert page.lines[0].text == "Parameters:" and page.lines[-1].text == "It broke."
    assert "skyclock_token" not in str(page.lines)


def test_a_run_is_shown_in_studio() -> None:
    url = BLUEPRINT.console_url(SPEC, RUN)
    assert url and url.startswith(
        f"https://adf.azure.com/en/monitoring/pipelineruns/{RUN}?factory="
    )
    assert "%2Ffactories%2Fskyclock-sales-" in url
    assert BLUEPRINT.console_url(SPEC, "activityruns/x") is None
