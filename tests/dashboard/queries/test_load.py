"""What starts together with a schedule, and which minute near it is free."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboard import queries
from dashboard.models import Connection, Pipeline, Trigger, User
from dashboard.services import pipelines
from provisioning.schedules import check_schedule
from tests.dashboard.queries.fleet import fleet

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def load(member: User, cron: str, zone: str = "Europe/Berlin", **more: object) -> queries.Load:
    found = queries.collisions(check_schedule(cron, zone), BERLIN, member, NOW, **more)
    assert found
    return found


def test_it_says_how_many_start_then_and_which_minute_is_free(
    connection: Connection, member: User
) -> None:
    busy = [("0 6 * * *", "Europe/Berlin")] * 13 + [("0 5 * * *", "UTC")]
    near = [(f"{minute} 6 * * *", "Europe/Berlin") for minute in (1, 2, 3, 4, 5, 6, 58, 59)]
    before = [(f"{minute} 5 * * *", "Europe/Berlin") for minute in range(50, 60)]
    fleet(connection, member, busy + near + before)
    found = load(member, "0 6 * * 1-5")
    assert (found.others, f"{found.at:%H:%M}", f"{found.free:%H:%M}") == (14, "06:00", "06:07")


def test_nobody_else_at_that_time_is_said_too(connection: Connection, member: User) -> None:
    fleet(connection, member, [("0 6 * * *", "Europe/Berlin")])
    found = load(member, "30 7 * * *")
    assert (found.others, found.free) == (0, None)


def test_the_busiest_of_its_times_counts(connection: Connection, member: User) -> None:
    fleet(connection, member, [("15 9 * * 3", "Europe/Berlin")] * 2)
    found = load(member, "*/15 * * * *")
    assert (found.others, f"{found.at:%a %H:%M}") == (2, "Wed 09:15")


def test_a_schedule_that_fires_next_year_is_looked_at_then(
    connection: Connection, member: User
) -> None:
    fleet(connection, member, [("0 0 1 1 *", "UTC"), ("0 0 2 1 *", "UTC")])
    found = load(member, "0 0 1 1 *", "UTC")
    assert (found.others, found.at) == (1, datetime(2027, 1, 1, tzinfo=UTC))


def test_where_every_minute_is_taken_the_quietest_is_named(
    connection: Connection, member: User
) -> None:
    fleet(
        connection,
        member,
        [("* * * * *", "UTC"), ("* * * * *", "UTC"), ("0-8,10-59 * * * *", "UTC")],
    )
    found = load(member, "0 6 * * *", "UTC")
    assert (found.others, found.others_at_free, found.free.minute) == (3, 2, 9)


def test_ones_own_pipeline_and_what_is_paused_do_not_count(
    connection: Connection, member: User
) -> None:
    own, paused, other = fleet(connection, member, [("0 6 * * *", "UTC")] * 3)
    Trigger.objects.filter(pipeline=paused).update(paused=True)
    assert load(member, "0 6 * * *", "UTC", but=own).others == 1
    Pipeline.objects.filter(pk=other.pk).update(may_exist_in_cloud=False)
    assert load(member, "0 6 * * *", "UTC", but=own).others == 0


def test_an_edit_counts_from_its_deployment_on(deployed: Pipeline, member: User) -> None:
    deployed.triggers.update(state=Trigger.State.ACTIVE)
    later = {"kind": "schedule", "cron": "0 7 * * *", "timezone": "Europe/Berlin", "key": "t1"}
    pipelines.update(actor=member, pipeline=deployed, triggers=[later])
    assert load(member, "0 6 * * *").others == 1
    assert load(member, "0 7 * * *").others == 0
    Pipeline.objects.update(deployed_version=deployed.current_version)
    assert load(member, "0 7 * * *").others == 1


def test_a_schedule_that_has_ended_has_no_load(db: None, member: User) -> None:
    ended = check_schedule("0 6 * * *", "UTC", None, datetime(2026, 11, 1, tzinfo=UTC))
    assert queries.collisions(ended, BERLIN, member, NOW) is None
