"""The history of retraining, from logs and training jobs as Google gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioning.blueprints.google_eventarc_retraining.blueprint import BLUEPRINT
from provisioning.blueprints.google_eventarc_retraining.reader import Reader
from provisioning.contracts import RunStatus
from provisioning.errors import NotFound
from tests.provisioning.blueprints.google_answering import PROJECT, REGION, AnsweringGoogle
from tests.provisioning.blueprints.retraining import DATA, NAME, SERVICE, SLUG, spec

LOGS = f"projects/{PROJECT}/logs/run.googleapis.com%2F"
JOBS = f"projects/123/locations/{REGION}/customJobs"


def at(time: str) -> str:
    return f"2026-11-21T{time}Z"


def line(event: str, outcome: str, time: str, trace: str, **more: Any) -> dict[str, Any]:
    return {
        "logName": f"{LOGS}stdout",
        "timestamp": at(time),
        "trace": f"projects/{PROJECT}/traces/{trace}",
        "jsonPayload": {
            "event": event,
            "event_id": "11",
            "object": "data/x.csv",
            "trigger": "t1",
            "outcome": outcome,
            **more,
        },
    }


def request(status: int, time: str, trace: str, latency: str = "2s") -> dict[str, Any]:
    return {
        "logName": f"{LOGS}requests",
        "timestamp": at(time),
        "trace": f"projects/{PROJECT}/traces/{trace}",
        "httpRequest": {"requestMethod": "POST", "status": status, "latency": latency},
    }


def job(event: str, state: str = "JOB_STATE_SUCCEEDED", **more: Any) -> dict[str, Any]:
    env = [
        {"name": "SKYCLOCK_INPUT", "value": f"gs://{DATA}/data/x.csv"},
        {"name": "SKYCLOCK_CAUSE", "value": "data/x.csv"},
    ]
    return {
        "name": f"{JOBS}/9",
        "displayName": "x",
        "state": f"JOB_STATE_{state.removeprefix('JOB_STATE_')}",
        "createTime": at("10:00:03"),
        "startTime": at("10:02:00"),
        "endTime": at("10:30:00"),
        "labels": {
            "skyclock-pipeline": SLUG,
            "skyclock-event": event,
            "skyclock-trigger": "t1",
        },
        "jobSpec": {"workerPoolSpecs": [{"containerSpec": {"imageUri": "i", "env": env}}]},
        **more,
    }


class Logs(AnsweringGoogle):
    """Answers entries:list by the log and the event that the filter names."""

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        if not url.endswith("/v2/entries:list?alt=json"):
            return super().answer(method, url, body)
        filter = body["filter"]
        super_asked = [each for each in self.entries if f'"{each["logName"]}"' in filter]
        if 'jsonPayload.event="' in filter:
            event = filter.partition('jsonPayload.event="')[2].partition('"')[0]
            super_asked = [each for each in super_asked if each["jsonPayload"]["event"] == event]
        self.filters.append(filter)
        return 200, {"entries": super_asked}


@pytest.fixture
def google() -> Logs:
    found = Logs()
    found.entries, found.filters = [], []
    return found


def reader(google: Logs, *entries: dict[str, Any], jobs: Sequence[dict[str, Any]] = ()) -> Reader:
    google.entries = list(entries)
    google.answers("GET", f"services/{SERVICE}", {"name": NAME, "createTime": at("08:00:00")})
    google.answers("GET", "/customJobs", {"customJobs": [*jobs]})
    return BLUEPRINT.reader(google, spec())  # type: ignore[return-value]


def test_an_event_that_trained_is_one_run(google: Logs) -> None:
    found = reader(
        google,
        line("e1", "started", "10:00:04", "a", job=f"{JOBS}/9"),
        request(200, "10:00:05", "a"),
        jobs=[job("e1")],
    )
    (run,) = found.runs(since=None).runs
    assert run == found.run(f"{NAME}/events/e1")
    assert (run.status, run.trigger, run.cause) == (RunStatus.SUCCEEDED, "t1", "data/x.csv")
    assert run.started == datetime(2026, 11, 21, 10, 0, 3, tzinfo=UTC)  # the request's beginning
    assert run.finished == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    assert run.parameters == {"input": f"gs://{DATA}/data/x.csv"}


def test_deliveries_that_failed_are_steps_of_one_run(google: Logs) -> None:
    found = reader(
        google,
        line("e1", "retry", "09:59:00", "a", message="Quota exceeded."),
        request(503, "09:59:01", "a"),
        line("e1", "retry", "09:59:20", "b", message="Quota exceeded."),
        request(503, "09:59:21", "b"),
        line("e1", "started", "10:00:04", "c"),
        request(200, "10:00:05", "c"),
        line("e1", "duplicate", "10:00:09", "d"),
        request(200, "10:00:10", "d"),
        jobs=[job("e1", "RUNNING", endTime="")],
    )
    (run,) = found.runs(since=None).runs
    assert run.status is RunStatus.RUNNING
    steps = found.steps(run.cloud_id)
    assert [(step.name, step.status.value, step.attempt, step.after) for step in steps] == [
        ("delivery 1", "failed", 1, ()),
        ("delivery 2", "failed", 2, ("delivery 1",)),
        ("delivery 3", "succeeded", 3, ("delivery 2",)),
        ("delivery 4", "succeeded", 4, ("delivery 3",)),
        ("machines", "succeeded", 1, ("delivery 3",)),
        ("train", "running", 1, ("machines",)),
    ]
    assert steps[0].reason == "Quota exceeded."
    assert steps[0].cloud_status == "HTTP 503"
    assert steps[5].cloud_id == f"{JOBS}/9"


def test_a_burst_takes_as_many_calls_as_one_event(google: Logs) -> None:
    keys = [f"e{number}" for number in range(200)]
    entries = [
        entry
        for key in keys
        for entry in (line(key, "started", "10:00:04", key), request(200, "10:00:05", key))
    ]
    found = reader(google, *entries, jobs=[job(key) for key in keys])
    runs = found.runs(since=None).runs
    assert {run.cloud_id for run in runs} == {f"{NAME}/events/{key}" for key in keys}
    for run in runs:
        assert found.run(run.cloud_id) == run
        names = [step.name for step in found.steps(run.cloud_id)]
        assert names == ["delivery 1", "machines", "train"]
    assert len(google.filters) == 2
    assert len(google.asked_to("GET", "/customJobs")) == 1


def test_a_second_look_asks_again(google: Logs) -> None:
    found = reader(google, jobs=[job("m", "RUNNING", endTime="")])
    (run,) = found.runs(since=None).runs
    looks = [found.run(run.cloud_id).status]
    google.recorded.clear()
    google.answers("GET", "/customJobs", {"customJobs": [job("m")]})
    looks += [found.run(run.cloud_id).status]
    assert looks == [RunStatus.RUNNING, RunStatus.SUCCEEDED]
    assert found.steps(run.cloud_id)[-1].status is RunStatus.SUCCEEDED


def test_an_event_that_is_delivered_again_waits_for_a_day(google: Logs) -> None:
    entry = line("e1", "retry", "11:00:00", "a", message="Quota exceeded.")
    found = reader(google, entry, request(503, "11:00:01", "a"))
    (run,) = found.runs(since=None).runs
    assert run.status is RunStatus.QUEUED
    assert run.reason == "Quota exceeded. Eventarc delivers the event again, for a day."
    google.now_at = "2026-11-22T12:00:00+00:00"
    (late,) = found.runs(since=None).runs
    assert (late.status, late.reason) == (RunStatus.FAILED, "Quota exceeded.")


def test_an_event_that_vertex_refused_is_a_failed_run(google: Logs) -> None:
    entry = line("e1", "refused", "10:00:00", "a", message="Machine type is unknown.")
    (run,) = reader(google, entry, request(200, "10:00:01", "a")).runs(since=None).runs
    assert (run.status, run.reason) == (RunStatus.FAILED, "Machine type is unknown.")
    assert run.finished is not None


def test_what_no_trigger_waited_for_is_no_run(google: Logs) -> None:
    found = reader(
        google,
        line("e1", "ignored", "10:00:00", "a"),
        line("e2", "paused", "10:00:00", "b"),
        request(204, "10:00:01", "a"),
        request(204, "10:00:01", "b"),
    )
    assert found.runs(since=None).runs == ()


def test_a_job_that_was_started_by_hand_is_a_run(google: Logs) -> None:
    labels = {"skyclock-pipeline": SLUG, "skyclock-event": "m", "skyclock-trigger": "manual"}
    found = reader(google, jobs=[job("m", labels=labels)])
    (run,) = found.runs(since=None).runs
    assert (run.cloud_id, run.trigger) == (f"{NAME}/events/m", "manual")
    assert run.started == datetime(2026, 11, 21, 10, 0, 3, tzinfo=UTC)
    assert [step.name for step in found.steps(run.cloud_id)] == ["machines", "train"]


def test_a_failed_job_says_why(google: Logs) -> None:
    error = {"code": 3, "message": "The replica exited with a non-zero status."}
    found = reader(google, jobs=[job("m", "FAILED", error=error)])
    (run,) = found.runs(since=None).runs
    assert (run.status, run.reason) == (RunStatus.FAILED, error["message"])
    assert found.steps(run.cloud_id)[-1].reason == error["message"]


def test_a_job_that_waits_for_machines_has_one_step(google: Logs) -> None:
    found = reader(google, jobs=[job("m", "PENDING", startTime="", endTime="")])
    (run,) = found.runs(since=None).runs
    assert run.status is RunStatus.QUEUED
    (step,) = found.steps(run.cloud_id)
    assert (step.name, step.status) == ("machines", RunStatus.QUEUED)


def test_deliveries_that_the_service_never_heard_are_one_failed_run(google: Logs) -> None:
    found = reader(
        google,
        request(503, "10:00:01", "a"),
        request(503, "10:00:31", "b"),
        line("e1", "started", "10:05:00", "c"),
        request(200, "10:05:01", "c"),
        jobs=[job("e1")],
    )
    heard, unheard = found.runs(since=None).runs
    assert heard.cloud_id == f"{NAME}/events/e1"
    assert unheard.cloud_id == f"{NAME}/unheard/2026-11-21"
    assert (unheard.status, unheard.cause) == (RunStatus.FAILED, "2 deliveries")
    assert unheard == found.run(unheard.cloud_id)
    assert [step.attempt for step in found.steps(unheard.cloud_id)] == [1, 2]


def test_history_is_read_by_weeks_back_to_the_deployment(google: Logs) -> None:
    google.answers(
        "GET", f"services/{SERVICE}", {"name": NAME, "createTime": "2026-11-10T00:00:00Z"}
    )
    found = reader(google)
    first = found.runs(since=None)
    assert first.cursor == "2026-11-14T12:01:00+00:00"
    second = found.runs(since=None, cursor=first.cursor)
    assert second.cursor is None
    since = datetime(2026, 11, 20, tzinfo=UTC)
    assert found.runs(since=since).cursor is None
    asked = [each.query["filter"] for each in google.asked_to("GET", "/customJobs")]
    assert asked[0] == (
        f'labels.skyclock-pipeline={SLUG} AND create_time>="2026-11-14T12:01:00.000000Z" AND '
        'create_time<"2026-11-22T12:01:00.000000Z"'
    )
    assert all("timestamp>=" in each for each in google.filters)


def test_a_service_that_is_not_there_has_no_runs(google: Logs) -> None:
    google.refuses("GET", f"services/{SERVICE}", 404, "NOT_FOUND")
    assert BLUEPRINT.reader(google, spec()).runs(since=None).runs == ()


def test_a_run_that_google_has_forgotten_is_not_found(google: Logs) -> None:
    with pytest.raises(NotFound):
        reader(google).run(f"{NAME}/events/none")


def test_each_step_has_its_own_log(google: Logs) -> None:
    found = reader(
        google,
        line("e1", "started", "10:00:04", "a", message="Training is started."),
        request(200, "10:00:05", "a"),
        jobs=[job("e1")],
    )
    run = f"{NAME}/events/e1"
    found.log(run, "delivery 1")
    assert f'trace="projects/{PROJECT}/traces/a"' in google.filters[-1]
    found.log(run, "train")
    assert 'resource.type="ml_job" AND resource.labels.job_id="9"' in google.filters[-1]
    assert "forgotten" in found.log(run, "delivery 7").note


@pytest.mark.parametrize(
    ("cloud_id", "part"),
    [
        (f"{NAME}/events/e1", "console.cloud.google.com/logs/query;query=resource.labels"),
        (f"{NAME}/unheard/2026-11-21", f"run/detail/{REGION}/{SERVICE}/logs?project={PROJECT}"),
        (f"{JOBS}/9", f"vertex-ai/training/{REGION}/9?project={PROJECT}"),
    ],
)
def test_a_run_has_a_page_in_googles_console(cloud_id: str, part: str) -> None:
    assert part in (BLUEPRINT.console_url(spec(), cloud_id) or "")
