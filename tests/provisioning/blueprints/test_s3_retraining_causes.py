"""What the function of a retraining makes of the events that it is called with."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_s3_retraining.assets.retraining.causes import (
    Cause,
    causes,
    why_ignored,
)
from provisioning.blueprints.aws_s3_retraining.assets.retraining.wording import (
    data_address,
    is_job,
    job_name,
)
from provisioning.blueprints.aws_s3_retraining.wiring import told_by_people, told_by_schedule
from tests.provisioning.blueprints.retrained import ROOT, landed


def read(event: dict[str, Any]) -> list[Cause]:
    return list(causes(event, default="data/"))


def names(event: dict[str, Any]) -> list[str]:
    return [job_name(ROOT, cause.id) for cause in read(event)]


def test_an_event_that_is_delivered_twice_asks_for_one_job() -> None:
    event = {"Records": [landed("data/x.csv")]}
    assert names(event) == names(event)


@pytest.mark.parametrize(
    "other",
    [
        landed("data/y.csv"),
        landed("data/x.csv", sequencer="0055AED6DCD90281E6"),
        landed("data/x.csv", sequencer="", eventTime="2026-11-21T06:00:01.000Z"),
    ],
    ids=["another object", "the object once more", "without a sequencer"],
)
def test_another_event_asks_for_another_job(other: dict[str, Any]) -> None:
    assert names({"Records": [landed("data/x.csv")]}) != names({"Records": [other]})


def test_each_record_is_a_cause_and_a_deletion_is_none() -> None:
    gone = landed("data/z.csv", eventName="ObjectRemoved:Delete")
    found = read({"Records": [landed("data/x.csv"), gone, landed("data/y.csv")]})
    assert [cause.key for cause in found] == ["data/x.csv", "data/y.csv"]
    assert {(cause.trigger, cause.at) for cause in found} == {("t1", "2026-11-21T06:00:00.000Z")}


@pytest.mark.parametrize("key", ["data/with space.csv", "data/a+b.csv", "data/Größe=1&x.csv"])
def test_keys_are_read_as_s3_writes_them(key: str) -> None:
    (cause,) = read({"Records": [landed(key)]})
    assert cause.key == key


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("data/x.csv", ""),
        ("models/job/output/model.tar.gz", "Below models/"),
        ("data/2026/", "the mark of an empty folder"),
    ],
)
def test_what_starts_nothing_says_why(key: str, why: str) -> None:
    (cause,) = read({"Records": [landed(key)]})
    assert (why in why_ignored(cause)) if why else why_ignored(cause) == ""


def test_a_schedule_trains_on_the_default_folder_once_for_each_time() -> None:
    told = told_by_schedule("t3")
    told["skyclock"] |= {"cause": "schedule/one", "at": "2026-11-21T05:00:00Z"}
    (cause,) = read(told)
    assert (cause.key, cause.trigger, cause.at) == ("data/", "t3", "2026-11-21T05:00:00Z")
    assert why_ignored(cause) == ""
    again = {"skyclock": {**told["skyclock"], "cause": "schedule/two"}}
    assert names(told) != names(again)


def test_people_may_train_on_whatever_they_name() -> None:
    (cause,) = read(told_by_people("token-1", "models/old/data.csv"))
    assert (cause.key, cause.trigger, why_ignored(cause)) == ("models/old/data.csv", "", "")


@pytest.mark.parametrize(
    ("key", "train_on", "address"),
    [
        ("data/x.csv", "object", "s3://b/data/x.csv"),
        ("data/x.csv", "folder", "s3://b/data/"),
        ("data/2026/x.csv", "folder", "s3://b/data/2026/"),
        ("x.csv", "folder", "s3://b/"),
        ("data/", "object", "s3://b/data/"),
        ("data/", "folder", "s3://b/data/"),
    ],
)
def test_a_job_reads_the_object_or_its_folder(key: str, train_on: str, address: str) -> None:
    assert data_address("b", key, train_on=train_on) == address


def test_jobs_of_a_pipeline_whose_name_begins_alike_are_not_ours() -> None:
    assert is_job(ROOT, job_name(ROOT, "x"))
    assert not is_job(ROOT, job_name(f"{ROOT}-eu", "x"))
    assert not is_job(ROOT, f"{ROOT}-by-hand")
