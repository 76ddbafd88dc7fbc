"""What follows from an event: decided the same every time, and never twice."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.deciding import (
    Nothing,
    Register,
    Say,
    Train,
    decide,
)
from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    FAILED,
    FIRED,
    REFUSED,
    REQUESTED,
    STARTED,
    STOPPED,
    SUCCEEDED,
    replay_name,
)
from provisioning.blueprints.aws_event_sourced_training.example import BUCKET as SHARED
from tests.provisioning.blueprints.sourced import (
    BUCKET,
    ROOT,
    config,
    dataset_ready,
    event,
    job_of,
)

CONFIG = config()
ID = dataset_ready()["id"]
ONCE = replay_name(ROOT, "token", again=False)
AGAIN = replay_name(ROOT, "token", again=True)


def landed(key: str) -> dict[str, Any]:
    detail = {"bucket": {"name": BUCKET}, "object": {"key": key}}
    return event("Object Created", detail, source="aws.s3")


def requested(**more: Any) -> dict[str, Any]:
    decision = decide(dataset_ready(), CONFIG)
    assert isinstance(decision, Say)
    return event(REQUESTED, decision.detail, id="another") | more


# ── Asked for ───────────────────────────────────────────────────────────────────────


def test_an_event_that_a_trigger_waits_for_asks_for_a_training() -> None:
    decision = decide(dataset_ready(), CONFIG)
    assert decision == Say(
        REQUESTED,
        {
            "job": job_of(ID),
            "data": "s3://my-bucket/in/",
            "cause": {
                "id": ID,
                "source": "example.data",
                "type": "dataset.ready",
                "text": "dataset.ready 7f3a0000",
            },
            "trigger": "t3",
            "again": "",
        },
    )


def test_an_object_is_the_data_itself() -> None:
    decision = decide(landed("data/x.csv"), CONFIG)
    assert isinstance(decision, Say)
    assert decision.detail["data"] == f"s3://{BUCKET}/data/x.csv"
    assert (decision.detail["trigger"], decision.detail["cause"]["text"]) == ("t2", "data/x.csv")


def test_a_schedule_trains_on_what_the_settings_name() -> None:
    fired = event(FIRED, {"trigger": "t1", "time": "2026-11-21T06:00:00Z"})
    decision = decide(fired, CONFIG)
    assert isinstance(decision, Say)
    assert decision.detail["data"] == f"{SHARED}/input/"
    assert decision.detail["trigger"] == "t1"
    assert decision.detail["cause"]["text"] == "2026-11-21T06:00:00Z"
    again = decide({**fired, "id": "of another attempt"}, CONFIG)
    assert again == decision, "one firing is one cause, however often it is told"


@pytest.mark.parametrize(
    ("detail", "data"),
    [
        ({"set": {"place": "s3://b/x/"}}, "s3://b/x/"),
        ({"set": {"place": {"bucket": "b", "key": "x/y.csv"}}}, "s3://b/x/y.csv"),
        ({"set": {"place": "x/y.csv"}}, f"s3://{BUCKET}/x/y.csv"),
        ({"set": {"place": ""}}, "s3://otherwise/x/"),
        ({"set": "s3://b/x/"}, "s3://otherwise/x/"),
        ({}, "s3://otherwise/x/"),
    ],
)
def test_the_data_stand_where_the_settings_say(detail: dict[str, Any], data: str) -> None:
    here = {**CONFIG, "data_field": "set.place", "data": "s3://otherwise/x/"}
    decision = decide(dataset_ready(detail=detail), here)
    assert isinstance(decision, Say)
    assert decision.detail["data"] == data


@pytest.mark.parametrize("named", [5, ["s3://b/x/"], {"bucket": "b"}, "gs://b/x/", "https://b/x"])
def test_what_is_no_name_of_s3_is_refused_and_nothing_else_trained_on(named: Any) -> None:
    decision = decide(dataset_ready(detail={"data": named}), CONFIG)
    assert isinstance(decision, Say)
    assert (decision.type, decision.detail["data"]) == (REFUSED, "")
    assert "detail.data" in decision.detail["reason"]


def test_an_event_without_data_is_refused_with_a_reason() -> None:
    decision = decide(dataset_ready(detail={}), {**CONFIG, "data": None})
    assert isinstance(decision, Say)
    assert decision.type == REFUSED
    assert "detail.data" in decision.detail["reason"]


@pytest.mark.parametrize("key", ["other/x.csv", "data/x.txt", "models/x.csv"])
def test_what_no_trigger_waits_for_asks_for_nothing(key: str) -> None:
    assert isinstance(decide(landed(key), CONFIG), Nothing)


def test_a_model_that_a_job_wrote_is_no_data_though_a_trigger_takes_everything() -> None:
    everything = {**CONFIG, "triggers": {"t2": {"source": ["aws.s3"]}}}
    assert isinstance(decide(landed("data/x"), everything), Say)
    assert isinstance(decide(landed("models/x/output/model.tar.gz"), everything), Nothing)


# ── Trained once ────────────────────────────────────────────────────────────────────


def test_a_request_becomes_a_job_that_is_named_by_its_cause() -> None:
    decision = decide(requested(), CONFIG)
    assert decision == Train(
        job=job_of(ID),
        data="s3://my-bucket/in/",
        environment={
            "SKYCLOCK_EVENT": ID,
            "SKYCLOCK_CAUSE": "dataset.ready 7f3a0000",
            "SKYCLOCK_TRIGGER": "t3",
        },
    )


def test_an_event_that_is_delivered_twice_names_the_same_job() -> None:
    assert decide(dataset_ready(), CONFIG) == decide(dataset_ready(), CONFIG)
    assert decide(requested(id="one"), CONFIG) == decide(requested(id="two"), CONFIG)


def test_a_replay_asks_only_for_what_has_no_job() -> None:
    decision = decide(dataset_ready(**{"replay-name": ONCE}), CONFIG)
    assert isinstance(decision, Say)
    assert decision.unless == decision.detail["job"] == job_of(ID)


def test_a_replay_that_asks_for_it_trains_again_under_another_name() -> None:
    decision = decide(dataset_ready(**{"replay-name": AGAIN}), CONFIG)
    assert isinstance(decision, Say)
    assert decision.unless == decision.detail["job"] == job_of(ID, AGAIN) != job_of(ID)
    trained = decide(event(REQUESTED, decision.detail), CONFIG)
    assert isinstance(trained, Train)
    assert trained.job == job_of(ID, AGAIN)
    assert trained.environment["SKYCLOCK_REPLAY"] == AGAIN


def test_a_replayed_request_leads_to_nothing_beside_its_cause() -> None:
    for replay in (ONCE, AGAIN):
        assert isinstance(decide(requested(**{"replay-name": replay}), CONFIG), Nothing)


def test_what_people_asked_for_is_asked_for_by_a_replay_of_it() -> None:
    cause = {"id": "token-1", "source": "skyclock.training", "type": REQUESTED, "text": ""}
    detail = {"job": job_of("token-1"), "data": "s3://b/x/", "cause": cause, "trigger": ""}
    once = decide(event(REQUESTED, detail, **{"replay-name": ONCE}), CONFIG)
    again = decide(event(REQUESTED, detail, **{"replay-name": AGAIN}), CONFIG)
    assert isinstance(once, Say)
    assert isinstance(again, Say)
    assert (once.unless, again.unless) == (job_of("token-1"), job_of("token-1", AGAIN))


# ── What jobs come to ───────────────────────────────────────────────────────────────


def told(status: str, secondary: str = "", **more: Any) -> Any:
    job = {"TrainingJobName": job_of(ID), "TrainingJobArn": "arn:x", "TrainingJobStatus": status}
    detail = {**job, "SecondaryStatus": secondary or status, **more}
    kind = "SageMaker Training Job State Change"
    return decide(event(kind, detail, source="aws.sagemaker"), CONFIG)


def test_changes_of_a_job_are_said_on_the_bus() -> None:
    assert told("InProgress", "Training").type == STARTED
    assert told("Stopped").type == STOPPED
    failed = told("Failed", FailureReason="no rows")
    assert (failed.type, failed.detail["reason"]) == (FAILED, "no rows")
    done = told("Completed", ModelArtifacts={"S3ModelArtifacts": "s3://m/model.tar.gz"})
    assert (done.type, done.detail["model"]) == (SUCCEEDED, "s3://m/model.tar.gz")


@pytest.mark.parametrize("secondary", ["Starting", "Downloading", "Uploading"])
def test_phases_in_between_are_not_said(secondary: str) -> None:
    assert isinstance(told("InProgress", secondary), Nothing)


@pytest.mark.parametrize("name", ["skyclock-churn-eu-0123456789ab", "skyclock-churn-x", ""])
def test_jobs_of_a_pipeline_whose_name_begins_alike_are_left_alone(name: str) -> None:
    assert isinstance(told("Completed", TrainingJobName=name), Nothing)


def test_a_model_is_registered_once_and_only_where_that_is_wanted() -> None:
    done = event(SUCCEEDED, {"job": job_of(ID), "model": "s3://m/model.tar.gz"})
    assert decide(done, CONFIG) == Register(job=job_of(ID), model="s3://m/model.tar.gz")
    assert isinstance(decide(done | {"replay-name": AGAIN}, CONFIG), Nothing)
    assert isinstance(decide(done, {**CONFIG, "register": None}), Nothing)


# ── Names ───────────────────────────────────────────────────────────────────────────


def test_names_fit_into_sagemaker_and_eventbridge() -> None:
    longest = "skyclock-" + "a" * 40
    assert len(replay_name(longest, "token", again=True)) <= 64
    assert replay_name(longest, "a", again=True) != replay_name(longest, "b", again=True)
    assert len(job_of("x")) == len(ROOT) + 13
    assert len(f"{longest}-{'0' * 12}") <= 63
