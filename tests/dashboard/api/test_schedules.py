"""A schedule in each cloud's own dialect, over the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioning.schedules import Dialect
from tests.dashboard.api.conftest import Caller, fields

GAP = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "from": "2027-01-01T00:00:00Z"}
PATH = "/schedules/translate"
VECTORS = json.loads(
    (Path(__file__).parents[2] / "provisioning/schedules/vectors.json").read_text()
)


def test_an_exact_schedule_is_said_in_the_clouds_own_words(api: Caller) -> None:
    asked = {"cron": "0 3 * * 1-5", "timezone": "Europe/Berlin", "from": "2027-01-01T00:00:00Z"}
    found = api.post(PATH, {**asked, "dialect": "adf"})
    assert (found["status"], found["reason"], found["clock_changes"]) == ("exact", None, [])
    assert found["native"] == [
        {
            "frequency": "Week", "interval": 1, "startTime": "2027-01-01T00:59:00",
            "timeZone": "W. Europe Standard Time",
            "schedule": {
                "minutes": [0], "hours": [3],
                "weekDays": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
            },
        }
    ]  # fmt: skip
    assert len(found["next"]) == 10
    assert found["next"][:2] == ["2027-01-01T02:00:00Z", "2027-01-04T02:00:00Z"]


def test_a_difference_at_a_clock_change_is_told_with_ways_out(api: Caller) -> None:
    found = api.post(PATH, {**GAP, "dialect": "eventbridge_scheduler"})
    assert found["status"] == "exact-except-dst"
    assert found["reason"]["code"] == "dst-gap"
    assert found["reason"]["first_difference"] == "2027-03-28T01:00:00Z"
    gap, fold = found["clock_changes"]
    assert (gap["date"], gap["kind"], gap["time"]) == ("2027-03-28", "gap", "02:30")
    assert (gap["from"], gap["to"], gap["same"]) == ("02:00", "02:59", False)
    assert gap["cron"] == "runs at 03:00, when the clock has jumped"
    assert gap["cloud"] == "leaves that run out"
    assert (fold["date"], fold["kind"], fold["same"]) == ("2027-10-31", "fold", True)
    for each in found["alternatives"]:
        asked = {"cron": each["cron"], "timezone": each["timezone"]}
        again = api.post(PATH, {**asked, "dialect": "eventbridge_scheduler"})
        assert again["status"] == "exact"
    assert found["alternatives"][0]["cron"] == "30 3 * * *"


@pytest.mark.parametrize("dialect", [*Dialect])
def test_what_cannot_be_said_is_an_answer_too(api: Caller, dialect: str) -> None:
    wrong = api.post(PATH, {"cron": "60 * * * *", "timezone": "UTC", "dialect": dialect})
    assert (wrong["status"], wrong["reason"]["code"]) == ("refuse", "invalid-cron")
    assert (wrong["native"], wrong["next"]) == ([], [])
    nowhere = api.post(PATH, {"cron": "0 9 * * *", "timezone": "Mars/Phobos", "dialect": dialect})
    assert (nowhere["status"], nowhere["reason"]["code"]) == ("refuse", "invalid-tz")
    never = api.post(PATH, {"cron": "0 0 30 2 *", "timezone": "UTC", "dialect": dialect})
    assert (never["status"], never["reason"]["code"]) == ("refuse", "never-fires")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dialect": "cron"}, "dialect"),
        ({"cron": 5}, "cron"),
        ({"start": "2027-01-01"}, "start"),
        ({"start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"}, "end"),
        ({"count": 0}, "count"),
        ({"from": "9998-01-01T00:00:00Z"}, "from"),
        ({"tz": "UTC"}, "tz"),
    ],
)
def test_a_question_that_cannot_be_read_names_its_field(
    api: Caller, change: dict[str, Any], field: str
) -> None:
    assert field in fields(api.post(PATH, {**GAP, "dialect": "adf", **change}, expect=422))


def test_a_dialect_that_is_none_is_told_which_there_are(api: Caller) -> None:
    found = api.post(PATH, {**GAP, "dialect": "azure"}, expect=422)
    (problem,) = found["problems"]
    known = "'eventbridge_scheduler', 'eventbridge_rule', 'adf' or 'gcp'"
    assert problem["message"] == f"One of {known}."


def test_both_day_fields_are_offered_apart_by_year(api: Caller) -> None:
    asked = {"cron": "0 9 13 * 5", "from": "2027-01-01T00:00:00Z"}
    found = api.post(PATH, {**asked, "dialect": "eventbridge_rule"})
    assert (found["status"], len(found["native"])) == ("split-overlap", 2)
    assert (found["split"]["status"], found["split"]["count"]) == ("exact", 12)


@pytest.mark.parametrize("vector", VECTORS[::6], ids=lambda vector: vector["id"])
def test_vectors_are_met_over_http(api: Caller, vector: dict[str, Any]) -> None:
    window = {name: vector[name] for name in ("cron", "timezone", "start", "end") if name in vector}
    for dialect, wanted in vector["dialects"].items():
        asked = {**window, "dialect": dialect, "from": "2027-01-01T00:00:00Z"}
        found = api.post(PATH, asked)
        assert (found["status"], found["native"]) == (wanted["status"], wanted.get("native", []))
        assert found["next"][:5] == vector["next"]
