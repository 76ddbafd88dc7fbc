"""The calendar as programs read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models import Connection, Run, Trigger, User
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.queries.fleet import fleet

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(
    hour=0, minute=0, second=0, microsecond=0
)


def ask(api: Caller, since: datetime, days: int = 1, more: str = "") -> dict:
    until = since + timedelta(days=days)
    return api.get(f"/calendar?since={since:%Y-%m-%dT%H:%MZ}&until={until:%Y-%m-%dT%H:%MZ}{more}")


def test_bins_have_what_will_start(api: Caller, connection: Connection, member: User) -> None:
    rows = fleet(connection, member, [("0 6 * * *", "UTC")] * 3 + [("*/20 7 * * *", "UTC")])
    found = ask(api, TOMORROW)
    assert [(each["start"][11:16], each["due"]) for each in found["bins"]] == [
        ("06:00", 3),
        ("07:00", 3),
    ]
    assert [each["name"] for each in found["bins"][0]["starts"]] == [
        "p-00000",
        "p-00001",
        "p-00002",
    ]
    assert found["bins"][1]["starts"][0]["count"] == 3
    assert [(each["count"], each["free"][11:16]) for each in found["together"]] == [(3, "06:01")]
    quarters = ask(api, TOMORROW, more="&bin=quarter")["bins"]
    assert [each["due"] for each in quarters] == [3, 1, 1, 1]
    (day,) = ask(api, TOMORROW, more=f"&bin=day&pipeline={rows[3].pk}")["bins"]
    assert day["due"] == 3
    assert ask(api, TOMORROW, more="&cloud=google")["bins"] == []


def test_bins_have_what_happened(api: Caller, run: Run) -> None:
    (only,) = ask(api, run.started.replace(hour=0), more="&bin=day")["bins"]
    assert (only["runs"], only["due"], only["broken"]) == ({"succeeded": 1}, 0, {})
    assert only["starts"][0]["run"] == run.pk


def test_what_is_paused_is_not_counted(api: Caller, connection: Connection, member: User) -> None:
    fleet(connection, member, [("0 6 * * *", "UTC")])
    Trigger.objects.update(paused=True)
    found = ask(api, TOMORROW)
    assert found["bins"] == []
    assert [each["state"] for each in found["not_counted"]] == ["paused"]


def test_days_are_those_of_the_zone(api: Caller) -> None:
    since = datetime(2027, 3, 28, tzinfo=UTC)
    found = ask(api, since, more="&timezone=Europe/Berlin")
    assert found["since"] == "2027-03-27T23:00:00Z"
    assert "02:00 to 02:59 does not exist" in found["clock_changes"][0]["message"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=2027-03-28T00:00Z", "until"),
        ("since=2027-03-28T00:00Z&until=2027-03-28T00:00Z", "until"),
        ("since=2027-01-01T00:00Z&until=2027-12-01T00:00Z", "until"),
        ("since=1970-01-01T00:00Z&until=1970-01-02T00:00Z", "since"),
        ("since=2027-03-28T00:00Z&until=2027-03-29T00:00Z&timezone=Mars", "timezone"),
        ("since=2027-03-28T00:00Z&until=2027-03-29T00:00Z&bin=year", "bin"),
    ],
)
def test_what_cannot_be_asked_is_said(api: Caller, query: str, field: str) -> None:
    assert field in str(fields(api.get(f"/calendar?{query}", expect=422)))
