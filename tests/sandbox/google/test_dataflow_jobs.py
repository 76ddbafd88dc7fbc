"""Dataflow: templates that are launched, jobs that are shown and ended."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.conftest import PROJECT, REGION, SandboxGoogle, refused
from tests.sandbox.google.pipelines import CLASSIC, FLEX, NAME, create, pipelines

PLACE = {"projectId": PROJECT, "location": REGION}


def locations(google: SandboxGoogle) -> Any:
    return google.api("dataflow", "v1b3").projects().locations()


def launch(google: SandboxGoogle, name: str = "count", **more: Any) -> dict[str, Any]:
    wish = {"jobName": name, "parameters": {}, **more}
    launched = locations(google).templates().launch(**PLACE, gcsPath=CLASSIC, body=wish)
    job: dict[str, Any] = launched.execute()["job"]
    return job


def test_a_job_shows_its_stages_and_messages(google: SandboxGoogle) -> None:
    job = launch(google)
    google.advance("PT20S")
    jobs = locations(google).jobs()
    found = jobs.get(**PLACE, jobId=job["id"], view="JOB_VIEW_ALL").execute()
    assert (found["currentState"], found["type"]) == ("JOB_STATE_DONE", "JOB_TYPE_BATCH")
    stages = found["pipelineDescription"]["executionPipelineStage"]
    assert [(one["name"], one.get("prerequisiteStage")) for one in stages] == [
        ("ReadLines", None),
        ("CountWords", ["S01"]),
        ("WriteCounts", ["S02"]),
    ]
    details = jobs.getExecutionDetails(**PLACE, jobId=job["id"]).execute()["stages"]
    assert {one["state"] for one in details} == {"EXECUTION_STATE_SUCCEEDED"}
    assert all(one["startTime"] < one["endTime"] for one in details)
    messages = jobs.messages().list(**PLACE, jobId=job["id"]).execute()["jobMessages"]
    assert "Executing operation CountWords" in [one["messageText"] for one in messages]


def test_a_pipelines_job_is_one_of_dataflow(google: SandboxGoogle) -> None:
    create(google)
    started = pipelines(google).run(name=NAME, body={}).execute()["job"]
    found = locations(google).jobs().get(**PLACE, jobId=started["id"]).execute()
    assert found["name"].startswith("count-mp--")


def test_jobs_are_cancelled(google: SandboxGoogle) -> None:
    job = launch(google)
    google.advance("PT4S")
    jobs = locations(google).jobs()
    asked = jobs.update(**PLACE, jobId=job["id"], body={"requestedState": "JOB_STATE_CANCELLED"})
    assert asked.execute()["currentState"] == "JOB_STATE_CANCELLING"
    google.advance("PT5S")
    assert jobs.get(**PLACE, jobId=job["id"]).execute()["currentState"] == "JOB_STATE_CANCELLED"
    assert refused(asked)[0] == 400


def test_lists_are_of_one_region_and_of_a_state(google: SandboxGoogle) -> None:
    first = launch(google)
    google.advance("PT20S")
    second = launch(google)
    jobs = locations(google).jobs()

    def listed(**more: Any) -> list[str]:
        found = jobs.list(**{**PLACE, **more}).execute()
        return [job["id"] for job in found.get("jobs", [])]

    assert listed() == [second["id"], first["id"]]
    assert listed(filter="TERMINATED") == [first["id"]]
    assert listed(filter="ACTIVE") == [second["id"]]
    assert listed(location="us-central1") == []


def test_one_active_job_has_a_name(google: SandboxGoogle) -> None:
    launch(google)
    again = (
        locations(google).templates().launch(**PLACE, gcsPath=CLASSIC, body={"jobName": "count"})
    )
    status, message = refused(again)
    assert (status, "already an active job named count" in message) == (409, True)


def test_flex_templates_are_launched_by_their_own_method(google: SandboxGoogle) -> None:
    flex = locations(google).flexTemplates()
    wish = {"launchParameter": {"jobName": "convert", "containerSpecGcsPath": FLEX}}
    job = flex.launch(**PLACE, body=wish).execute()["job"]
    assert job["currentState"] == "JOB_STATE_QUEUED"
    wish["launchParameter"]["containerSpecGcsPath"] = CLASSIC
    assert refused(flex.launch(**PLACE, body=wish)) == (400, f"Invalid template file {CLASSIC}")
    wish["launchParameter"]["jobName"] = "Not this"
    assert refused(flex.launch(**PLACE, body=wish))[0] == 400


def test_messages_are_in_the_jobs_log(google: SandboxGoogle) -> None:
    job = launch(google)
    google.advance("PT20S")
    wish = {
        "resourceNames": [f"projects/{PROJECT}"],
        "filter": f'resource.type="dataflow_step" AND resource.labels.job_id="{job["id"]}"',
    }
    entries = google.api("logging", "v2").entries().list(body=wish).execute()["entries"]
    assert entries[-1]["textPayload"] == "Worker pool stopped."
