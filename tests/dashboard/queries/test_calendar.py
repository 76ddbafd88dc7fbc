"""The calendar counts what happened and what the clouds will start, in cells of a zone's days."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard import queries
from dashboard.models import Connection, Occurrence, Run, Trigger, User
from dashboard.queries import Chosen, Period
from dashboard.services import connections
from provisioning.schedules import check_schedule
from tests.dashboard.queries.fleet import fleet

BERLIN = ZoneInfo("Europe/Berlin")
REAL = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)  # a Wednesday
WEEK = Period("week", date(2026, 11, 18), BERLIN)


def seen(
    member: User, period: Period = WEEK, real: datetime = REAL, **chosen: object
) -> queries.Calendar:
    return queries.calendar(member, real, period, Chosen(**chosen))


def due(found: queries.Calendar) -> dict[tuple[date, int], int]:
    return {key: cell.due for key, cell in found.cells.items() if cell.due}


def ran(pipeline: object, at: datetime, status: str = "succeeded") -> Run:
    return Run.objects.create(
        pipeline=pipeline, cloud_id=f"{at}{status}", status=status, cloud_status="x", started=at
    )


@pytest.fixture
def real_connection(connection: Connection) -> Connection:
    return Connection(name="prod", cloud="aws", sandbox=False)


@pytest.fixture
def google(admin: User) -> Connection:
    return connections.create_sandbox(actor=admin, name="Sandbox Google", cloud="google")


def test_what_will_start_lies_at_the_hours_of_the_readers_zone(
    connection: Connection, member: User
) -> None:
    fleet(connection, member, [("0 6 * * *", "America/New_York"), ("20 12 * * *", "Europe/Berlin")])
    at = {day: [h for d, h in due(seen(member)) if d.day == day] for day in range(16, 23)}
    assert at[17] == []  # the past is what ran, and nothing did
    assert at[18] == [12 * 60]  # both, in one hour
    assert seen(member).cells[date(2026, 11, 19), 12 * 60].due == 2


@pytest.mark.parametrize("view", queries.VIEWS)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 3), date(2027, 4, 4)])
def test_the_cells_together_have_every_firing_once(
    view: str, zone: str, day: date, connection: Connection, member: User
) -> None:
    crons = ["*/20 * * * *", "30 2 * * *", "0 0 * * *", "15 1-3 * * *"]
    fleet(connection, member, [(cron, zone) for cron in crons])
    period = Period(view, day, ZoneInfo(zone))
    expected: Counter[date] = Counter()
    for cron in crons:
        firings = check_schedule(cron, zone).firings(period.window.since, period.window.until)
        expected.update(at.astimezone(period.zone).date() for at in firings)
    found: Counter[date] = Counter()
    for (date_, _), cell in seen(member, period).cells.items():
        found[date_] += cell.due
    assert found == expected


def test_an_hour_that_does_not_exist_or_comes_twice_is_said(
    connection: Connection, member: User
) -> None:
    fleet(connection, member, [("30 2 * * *", "Europe/Berlin"), ("*/30 * * * *", "Europe/Berlin")])
    spring = seen(member, Period("week", date(2027, 3, 28), BERLIN))
    assert spring.cells[date(2027, 3, 28), 120].slot.skipped
    assert spring.cells[date(2027, 3, 28), 180].due == 3
    (change,) = spring.changes
    assert change.sentences == (
        "On Sun 28 Mar 2027, 02:00 to 02:59 does not exist. "
        "1 schedule at fixed times in it starts once, at 03:00, when the clock has jumped. "
        "1 schedule of every minute or hour leaves it out."
    )
    autumn = seen(member, Period("week", date(2027, 10, 31), BERLIN))
    assert autumn.cells[date(2027, 10, 31), 120].slot.twice
    assert autumn.cells[date(2027, 10, 31), 120].due == 5
    assert (
        "1 schedule at fixed times in it starts the first time only." in autumn.changes[0].sentences
    )


def test_each_connection_has_its_own_now(
    connection: Connection, google: Connection, member: User
) -> None:
    fleet(connection, member, [("0 12 * * *", "UTC")], name="real")
    fleet(google, member, [("0 12 * * *", "UTC")], name="ahead")
    Connection.objects.filter(pk=google.pk).update(clock_ahead=timedelta(days=2))
    counts = [count for _, count in sorted(due(seen(member)).items())]
    assert counts == [1, 1, 2, 2, 2]  # Wed and Thu of one, then both


def test_what_ran_is_counted_by_its_state(connection: Connection, member: User) -> None:
    one, other = fleet(connection, member, [("0 5 * * *", "UTC")] * 2)
    monday = datetime(2026, 11, 16, 5, tzinfo=UTC)
    ran(one, monday)
    ran(other, monday + timedelta(minutes=59, seconds=59), "failed")
    ran(other, monday + timedelta(hours=1))
    ran(other, WEEK.window.since - timedelta(seconds=1))
    found = seen(member)
    assert found.cells[date(2026, 11, 16), 6 * 60].past == {"succeeded": 1, "failed": 1}
    assert found.cells[date(2026, 11, 16), 7 * 60].past == {"succeeded": 1}
    assert found.past == {"succeeded": 2, "failed": 1}
    names = [block.name for block in found.cells[date(2026, 11, 16), 6 * 60].blocks]
    assert names == ["p-00000", "p-00001"]


def test_names_of_what_failed_are_shown_before_others(connection: Connection, member: User) -> None:
    rows = fleet(connection, member, [("0 5 * * *", "UTC")] * 6)
    for n, row in enumerate(rows):
        at = datetime(2026, 11, 16, 5, n, tzinfo=UTC)
        ran(row, at, "failed" if n > 3 else "succeeded")
    cell = seen(member).cells[date(2026, 11, 16), 6 * 60]
    assert [(block.name, block.status) for block in cell.blocks] == [
        ("p-00004", "failed"), ("p-00005", "failed"),
    ]  # fmt: skip
    assert cell.total == 6


def test_what_was_promised_and_did_not_come_is_counted_apart(
    connection: Connection, member: User
) -> None:
    (row,) = fleet(connection, member, [("0 5 * * *", "UTC")])
    trigger = row.triggers.get()
    for day, status in ((16, "missed"), (17, "late"), (18, "due"), (20, "due")):
        at = datetime(2026, 11, day, 5, tzinfo=UTC)
        Occurrence.objects.create(
            pipeline=row, trigger=trigger, due=at, at=at, status=status,
            deadline=at + timedelta(minutes=15),
        )  # fmt: skip
    ran(row, datetime(2026, 11, 17, 5, 40, tzinfo=UTC))
    found = seen(member)
    assert found.broken == {"missed": 1, "late": 1, "unknown": 1}  # nobody has looked on the 18th
    assert found.cells[date(2026, 11, 17), 6 * 60].total == 1
    blocks = {block.at.day: block.status for cell in found.filled for block in cell.blocks}
    assert {day: blocks[day] for day in (16, 17, 18)} == {
        16: "missed", 17: "succeeded", 18: "unknown",
    }  # fmt: skip
    late = seen(member, status="late")
    assert [(each.total, each.blocks[0].status) for each in late.filled] == [(1, "late")]
    missed = seen(member, status="missed")
    assert (missed.due, missed.past, missed.broken) == (0, {}, {"missed": 1})
    assert len(missed.filled) == 1
    Connection.objects.update(clock_ahead=-timedelta(hours=9))  # it is 00:30 there
    assert seen(member).broken == {"missed": 1, "late": 1}


def test_filters_choose_pipelines_and_states(
    connection: Connection, google: Connection, member: User
) -> None:
    (one,) = fleet(connection, member, [("0 12 * * *", "UTC")], name="churn")
    (other,) = fleet(google, member, [("0 13 * * *", "UTC")], name="price")
    ran(one, REAL - timedelta(days=1))
    ran(other, REAL - timedelta(days=1), "failed")
    for chosen, name in [
        ({"cloud": "aws"}, "churn"), ({"connection": google.pk}, "price"),
        ({"pipeline": one.pk}, "churn"), ({"search": "RIC"}, "price"),
    ]:  # fmt: skip
        found = seen(member, **chosen)
        assert (found.due, found.past.total()) == (5, 1), chosen
        blocks = {block.name for cell in found.cells.values() for block in cell.blocks}
        assert blocks == {f"{name}-00000"}
    failed = seen(member, status="failed")
    assert (failed.due, failed.past) == (0, {"failed": 1})
    coming = seen(member, status="due")
    assert (coming.due, coming.past) == (10, {})


def test_what_is_paused_or_not_confirmed_is_listed_and_not_counted(
    connection: Connection, google: Connection, member: User
) -> None:
    paused, gone, asked = fleet(connection, member, [("0 12 * * *", "UTC")] * 3)
    fleet(google, member, [("0 12 * * *", "UTC")], name="off")
    Trigger.objects.filter(pipeline=paused).update(paused=True)
    Trigger.objects.filter(pipeline=gone).update(state="missing")
    Trigger.objects.filter(pipeline=asked).update(state="unknown")
    Connection.objects.filter(pk=google.pk).update(enabled=False)
    found = seen(member)
    assert found.due == 0
    states = {each.name: each.state for each in found.fleet.others}
    assert states == {
        "off-00000": "unknown", "p-00000": "paused", "p-00001": "missing", "p-00002": "unknown",
    }  # fmt: skip


def test_tumbling_windows_are_promises_too(connection: Connection, member: User) -> None:
    (row,) = fleet(connection, member, [("0 12 * * *", "UTC")])
    config = {"frequency": "hour", "interval": 6, "delay_seconds": 600}
    Trigger.objects.filter(pipeline=row).update(
        kind="tumbling_window", cron="", config=config, start=datetime(2026, 11, 1, tzinfo=UTC)
    )
    day = seen(member, Period("day", date(2026, 11, 20), ZoneInfo("UTC")))
    assert due(day) == {(date(2026, 11, 20), at * 60): 1 for at in (0, 6, 12, 18)}


def test_times_at_which_many_start_are_listed_with_a_free_one(
    connection: Connection, member: User
) -> None:
    fleet(
        connection, member, [("0 6 * * *", "Europe/Berlin")] * 14 + [("1 6 * * *", "Europe/Berlin")]
    )
    (together,) = seen(member).together
    assert (together.count, f"{together.at:%H:%M}", f"{together.free:%H:%M}") == (
        14,
        "06:00",
        "06:02",
    )
    assert [day.day for day in together.days] == [19, 20, 21, 22]


def test_the_starts_of_a_short_time_are_named(connection: Connection, member: User) -> None:
    fleet(connection, member, [("*/20 * * * *", "UTC"), ("5 12 * * *", "UTC")])
    window = Period("day", date(2026, 11, 18), ZoneInfo("UTC")).window
    hour = type(window)(window.since + timedelta(hours=12), window.since + timedelta(hours=13))
    blocks, count = queries.starts_within(member, REAL, hour, Chosen())
    assert [(block.name, block.count) for block in blocks] == [("p-00000", 3), ("p-00001", 1)]
    assert count == 4


def test_only_the_first_of_very_many_are_named(connection: Connection, member: User) -> None:
    (row,) = fleet(connection, member, [("0 23 * * *", "UTC")])
    for minute in range(5):
        ran(row, datetime(2026, 11, 18, 1, minute, tzinfo=UTC))
    window = Period("day", date(2026, 11, 18), ZoneInfo("UTC")).window
    blocks, count = queries.starts_within(member, REAL, window, Chosen(), limit=3)
    assert ([block.at.minute for block in blocks], count) == ([0, 1, 2], 6)


def test_a_calendar_opens_at_the_sandboxs_time_where_all_is_simulated(
    connection: Connection, real_connection: Connection
) -> None:
    ahead = timedelta(days=9)
    connection.clock_ahead = ahead
    assert queries.clock_of([connection], REAL) == REAL + ahead
    assert queries.clock_of([connection, real_connection], REAL) == REAL
    assert queries.clock_of([], REAL) == REAL


def test_many_are_density_without_names_and_without_more_queries(
    connection: Connection, member: User, django_assert_max_num_queries: object
) -> None:
    crons = [f"{n % 60} {n % 24} * * *" for n in range(600)]
    fleet(connection, member, [(cron, "UTC") for cron in crons])
    until = WEEK.window.until
    expected = sum(len(list(check_schedule(cron, "UTC").firings(REAL, until))) for cron in crons)
    with django_assert_max_num_queries(8):
        found = seen(member)
    assert found.due == expected
    assert all(cell.blocks == [] for cell in found.cells.values())
