"""`manage.py schedule`: one question, or many of them as JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).parents[2]
SINCE = "2027-01-01T00:00:00Z"


def said(*args: str) -> str:
    text = StringIO()
    call_command("schedule", *args, stdout=text)
    return text.getvalue().strip()


def batch(lines: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "schedule", "--batch"],
        cwd=ROOT, input=lines, capture_output=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_whole_answer_is_printed_as_json() -> None:
    zone = ("--timezone", "Europe/Berlin", "--dialect", "eventbridge_scheduler")
    found = json.loads(said("0 3 * * 1-5", *zone, "--from", SINCE, "--json"))
    assert found["status"] == "exact"
    assert found["native"][0]["ScheduleExpression"] == "cron(0 3 ? * MON-FRI *)"
    assert found["next"][0] == "2027-01-01T02:00:00Z"
    assert len(found["next"]) == 10


def test_people_get_sentences() -> None:
    lines = said("0 0 */2 * 1", "--dialect", "gcp", "--from", SINCE).splitlines()
    assert lines[:2] == ["At 00:00 on Mondays that fall on odd days of the month, UTC", "refuse"]
    assert any(line.startswith("or 0 0 * * 1 UTC: by weekday only") for line in lines)


def test_a_window_can_be_given() -> None:
    window = ("--start", "2027-03-01T00:00:00Z", "--end", "2027-06-30T23:59:00Z")
    found = json.loads(
        said("0 9 * * 1", "--timezone", "Europe/London", "--dialect", "adf", *window, "--json")
    )
    assert found["native"][0]["endTime"] == "2027-06-28T09:01:00"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Give a cron expression and a --dialect"),
        (("* * * * *", "--dialect", "aws"), "choose from '?eventbridge_scheduler'?, "),
        (("* * * * *", "--dialect", "adf", "--start", "soon"), "start: Write a date and time"),
        (("* * * * *", "--dialect", "adf", "--count", "0"), "count: At least 1."),
    ],
)
def test_a_question_that_cannot_be_read_is_an_error(args: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        said(*args)


def test_lines_are_answered_in_order_and_bad_ones_do_no_harm() -> None:
    good = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "dialect": "gcp", "from": SINCE}
    lines = [
        json.dumps({**good, "count": 2}).encode(),
        b"not json",
        b"\xff\xfe",
        b"[1]",
        json.dumps({"cron": "* * * * *", "dialect": "adf", "dialekt": 1}).encode(),
        json.dumps({**good, "cron": "x"}).encode(),
        b'{"cron": "\\u0000", "timezone": "UTC", "dialect": "adf"}',
        json.dumps({**good, "cron": "0 6 * * *", "count": 1}).encode(),
    ]
    answers = batch(b"\n".join(lines) + b"\n\n")
    assert len(answers) == len(lines)
    first, *wrong, refused, nul, last = answers
    assert first["next"] == ["2027-01-01T01:30:00Z", "2027-01-02T01:30:00Z"]
    assert first["status"] == "exact-except-dst"
    assert all(each["error"] and each["line"] == n for n, each in enumerate(wrong, 2))
    assert wrong[0]["error"] == "This line is not JSON: Expecting value (column 1)."
    assert wrong[-1]["problems"][0]["field"] == "dialekt"
    assert (refused["status"], refused["reason"]["code"]) == ("refuse", "invalid-cron")
    assert "error" in nul
    assert (last["status"], last["next"]) == ("exact", ["2027-01-01T05:00:00Z"])
