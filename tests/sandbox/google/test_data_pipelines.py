"""Data pipelines: what they take, when they run, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    REGION,
    SandboxGoogle,
    make_account,
    refused,
)
from tests.sandbox.google.pipelines import NAME, body, classic, create, flex, jobs, pipelines


def states(google: SandboxGoogle) -> list[str]:
    return [job["state"] for job in jobs(google)]


def test_a_run_goes_through_its_states(google: SandboxGoogle) -> None:
    create(google)
    started = pipelines(google).run(name=NAME, body={}).execute()["job"]
    assert (started["state"], started["name"]) == (
        "STATE_PENDING",
        f"{NAME}/jobs/{started['id']}",
    )
    google.advance("PT3S")
    assert states(google) == ["STATE_RUNNING"]
    google.advance("PT20S")

    (job,) = jobs(google)
    assert job["state"] == "STATE_DONE"
    assert "endTime" in job
    assert pipelines(google).get(name=NAME).execute()["jobCount"] == 1


def test_schedules_fire_in_their_zone_and_tell_the_next_time(google: SandboxGoogle) -> None:
    schedule = {"schedule": "30 6 * * 1-5", "timeZone": "Europe/Berlin"}
    made = create(google, scheduleInfo=schedule)  # on Monday 1 March 2027, 12:00 UTC
    assert made["scheduleInfo"]["nextJobTime"] == "2027-03-02T05:30:00Z"
    google.advance("P4D")  # Friday

    assert [job["createTime"] for job in jobs(google)] == [
        f"2027-03-0{day}T05:30:00Z" for day in (5, 4, 3, 2)
    ]
    found = pipelines(google).get(name=NAME).execute()
    assert found["scheduleInfo"]["nextJobTime"] == "2027-03-08T05:30:00Z"
    assert google.journal()[-1] == ("schedule of nightly", NAME, "delivered")


def test_schedules_follow_the_wall_clock_when_clocks_change(google: SandboxGoogle) -> None:
    create(google, scheduleInfo={"schedule": "30 2 * * *", "timeZone": "Europe/Berlin"})
    google.advance("P29D")  # over 28 March, on which there is no 02:30
    fired = [job["createTime"] for job in jobs(google)]
    assert "2027-03-27T01:30:00Z" in fired
    assert not [time for time in fired if time.startswith("2027-03-28")]
    assert "2027-03-29T00:30:00Z" in fired


@pytest.mark.parametrize(
    "schedule",
    ["0 6 * *", "60 * * * *", "0 6 * * MON-", "0 22-2 * * *", "5/10 * * * *", "0 6 L * *",
     "0 0 30 2 *", "@daily", ""],
)  # fmt: skip
def test_schedules_that_are_none_are_refused(google: SandboxGoogle, schedule: str) -> None:
    wish = body(scheduleInfo={"schedule": schedule, "timeZone": "UTC"})
    status, message = refused(pipelines(google).create(parent=PARENT, body=wish))
    assert status == 400
    assert message.startswith("Invalid schedule")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"displayName": "not this one"}, "Invalid display name"),
        ({"type": "PIPELINE_TYPE_UNSPECIFIED"}, "The pipeline type must be"),
        ({"type": "BATCH"}, "Invalid value at 'pipeline.type'"),
        ({"name": f"{PARENT}/pipelines/a b"}, "Invalid pipeline name"),
        ({"state": "STATE_PAUSED"}, "A pipeline begins in STATE_ACTIVE"),
        ({"workload": classic("templates/Word_Count")}, "Invalid template file path"),
        ({"schedulerServiceAccountEmail": "no@such.account"}, "does not exist"),
        ({"type": "PIPELINE_TYPE_STREAMING", "scheduleInfo": {"schedule": "0 6 * * *"}},
         "A streaming pipeline cannot have a schedule"),
    ],
)  # fmt: skip
def test_what_is_no_pipeline_is_refused(
    google: SandboxGoogle, changed: dict[str, Any], reason: str
) -> None:
    status, message = refused(pipelines(google).create(parent=PARENT, body=body() | changed))
    assert status == 400
    assert reason in message


def test_names_are_unique_and_locations_few(google: SandboxGoogle) -> None:
    create(google)
    again = pipelines(google).create(parent=PARENT, body=body())
    assert refused(again) == (409, f"Resource '{NAME}' already exists")
    elsewhere = pipelines(google).create(
        parent=f"projects/{PROJECT}/locations/europe-west4", body=body()
    )
    assert refused(elsewhere)[0] == 404


def test_an_update_takes_the_schedule_away_and_puts_it_back(google: SandboxGoogle) -> None:
    schedule = {"schedule": "0 6 * * *", "timeZone": "UTC"}
    create(google, scheduleInfo=schedule)
    api = pipelines(google)
    api.patch(name=NAME, updateMask="scheduleInfo", body={}).execute()
    google.advance("P2D")
    assert jobs(google) == []

    put = api.patch(name=NAME, updateMask="schedule_info", body={"scheduleInfo": schedule})
    assert put.execute()["scheduleInfo"]["nextJobTime"] == "2027-03-04T06:00:00Z"
    google.advance("P1D")
    assert len(jobs(google)) == 1
    part = {"scheduleInfo": {"timeZone": "Asia/Tokyo"}}
    api.patch(name=NAME, updateMask="scheduleInfo.timeZone", body=part).execute()
    found = api.get(name=NAME).execute()["scheduleInfo"]
    assert (found["schedule"], found["nextJobTime"]) == ("0 6 * * *", "2027-03-04T21:00:00Z")


def test_there_is_no_pause_and_stop_is_final(google: SandboxGoogle) -> None:
    create(google, scheduleInfo={"schedule": "0 6 * * *"})
    api = pipelines(google)
    pause = api.patch(name=NAME, updateMask="state", body={"state": "STATE_PAUSED"})
    assert refused(pause) == (400, "The state cannot be changed by an update.")

    stopped = api.stop(name=NAME, body={}).execute()
    assert stopped["state"] == "STATE_ARCHIVED"
    assert "nextJobTime" not in stopped["scheduleInfo"]
    google.advance("P2D")
    assert jobs(google) == []
    assert refused(api.run(name=NAME, body={}))[0] == 400
    assert refused(api.patch(name=NAME, updateMask="displayName", body={"displayName": "x"}))
    listed = api.list(parent=PARENT, filter="type:BATCH,status:ARCHIVED").execute()
    assert [one["name"] for one in listed["pipelines"]] == [NAME]
    assert api.list(parent=PARENT, filter="status:ACTIVE").execute() == {}


def test_jobs_come_in_pages_the_newest_first(google: SandboxGoogle) -> None:
    create(google)
    api = pipelines(google)
    started = [api.run(name=NAME, body={}).execute()["job"]["id"] for _ in range(5)]
    request = api.jobs().list(parent=NAME, pageSize=2)
    found: list[str] = []
    while request is not None:
        answer = request.execute()
        found += [job["id"] for job in answer["jobs"]]
        request = api.jobs().list_next(request, answer)
    assert found == started[::-1]


def test_a_template_that_is_not_there_is_a_failed_job(google: SandboxGoogle) -> None:
    google.storage().create_bucket("sk-templates", location=REGION)
    create(google, workload=flex("gs://sk-templates/missing.json"))
    job = pipelines(google).run(name=NAME, body={}).execute()["job"]

    assert job["state"] == "STATE_FAILED"
    assert job["status"] == {
        "code": 3,
        "message": "Unable to open template file: 'gs://sk-templates/missing.json'.",
    }
    assert states(google) == ["STATE_FAILED"]


def test_a_template_says_what_it_asks_for(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-templates", location=REGION)
    parameters = [{"name": "input"}, {"name": "mode", "isOptional": True, "regexes": ["^a$"]}]
    spec = {"image": "gcr.io/x/y", "metadata": {"parameters": parameters}}
    bucket.blob("spec.json").upload_from_string(json.dumps(spec))
    create(google, workload=flex("gs://sk-templates/spec.json", mode="b", more="1"))
    job = pipelines(google).run(name=NAME, body={}).execute()["job"]

    assert job["status"]["message"] == (
        "The template parameters are invalid. Details: \n"
        "input: Missing required parameter\n"
        "mode: Unmatched parameter value 'b'\n"
        "more: Unrecognized parameter"
    )


def test_input_that_is_not_there_fails_the_job(google: SandboxGoogle) -> None:
    google.storage().create_bucket("sk-data", location=REGION)
    create(google, workload=classic(inputFile="gs://sk-data/in/*.txt"))
    pipelines(google).run(name=NAME, body={}).execute()
    google.advance("PT20S")
    (job,) = jobs(google)
    assert (job["state"], job["status"]["message"]) == (
        "STATE_FAILED",
        "Workflow failed. Causes: java.io.FileNotFoundException: No files matched spec: "
        "gs://sk-data/in/*.txt",
    )
    google.storage().bucket("sk-data").blob("in/1.txt").upload_from_string("words")
    pipelines(google).run(name=NAME, body={}).execute()
    google.advance("PT20S")
    assert states(google) == ["STATE_DONE", "STATE_FAILED"]


def test_the_scheduler_needs_the_right_to_run(google: SandboxGoogle) -> None:
    email = make_account(google, "scheduler")
    create(
        google,
        scheduleInfo={"schedule": "0 * * * *"},
        schedulerServiceAccountEmail=email,
    )
    google.advance("PT1H")
    assert jobs(google) == []
    assert google.journal()[-1][2] == "refused"

    make_account(google, "other-one")
    projects = google.api("cloudresourcemanager", "v1").projects()
    policy = projects.getIamPolicy(resource=PROJECT, body={}).execute()
    binding = {"role": "roles/datapipelines.invoker", "members": [f"serviceAccount:{email}"]}
    policy["bindings"].append(binding)
    projects.setIamPolicy(resource=PROJECT, body={"policy": policy}).execute()
    google.advance("PT1H")
    assert len(jobs(google)) == 1


def test_workers_need_their_role(google: SandboxGoogle) -> None:
    email = make_account(google, "worker")
    create(google, workload=flex(worker=email))
    pipelines(google).run(name=NAME, body={}).execute()
    google.advance("PT20S")

    (job,) = jobs(google)
    assert job["state"] == "STATE_FAILED"
    assert "roles/dataflow.worker should be granted" in job["status"]["message"]


def test_a_streaming_pipeline_runs_until_it_is_stopped(google: SandboxGoogle) -> None:
    create(google, type="PIPELINE_TYPE_STREAMING")
    google.advance("PT3H")
    assert states(google) == ["STATE_RUNNING"]
    pipelines(google).stop(name=NAME, body={}).execute()
    google.advance("PT10S")
    assert states(google) == ["STATE_CANCELLED"]


def test_deleting_leaves_nothing_to_fire(google: SandboxGoogle) -> None:
    create(google, scheduleInfo={"schedule": "* * * * *"})
    assert pipelines(google).delete(name=NAME).execute() == {}
    google.advance("PT10M")
    assert refused(pipelines(google).get(name=NAME))[0] == 404
    assert google.journal() == []


def test_a_restart_goes_on_where_it_was(google: SandboxGoogle) -> None:
    create(google, scheduleInfo={"schedule": "0 * * * *"})
    pipelines(google).run(name=NAME, body={}).execute()
    google.advance("PT3S")
    google.restart()
    google.advance("PT1H1M")

    assert states(google) == ["STATE_DONE", "STATE_DONE"]


def test_faults_strike_jobs_and_firings(google: SandboxGoogle) -> None:
    create(google, scheduleInfo={"schedule": "0 * * * *"})
    google.fault("drop_firing", "nightly", count=1)
    google.fault("fail_step", "CountWords", count=1, message="Out of memory.")
    google.advance("PT3H1M")

    assert states(google) == ["STATE_DONE", "STATE_FAILED"]
    assert jobs(google)[1]["status"]["message"] == "Workflow failed. Causes: Out of memory."
    assert [outcome for *_, outcome in google.journal()] == ["dropped", "delivered", "delivered"]


def test_a_throttled_call_says_so(google: SandboxGoogle) -> None:
    google.fault("throttle", "datapipelines.projects.locations.pipelines.list", count=1)
    status, message = refused(pipelines(google).list(parent=PARENT))
    assert status == 429
    assert message.startswith("Quota exceeded")
    assert pipelines(google).list(parent=PARENT).execute() == {}
