"""Archives keep what came to a bus; replays bring it there once more."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.aws.buses import (
    add_target,
    bus_arn,
    make_queue,
    make_rule,
    put,
    queue_arn,
    received,
    rule_arn,
)
from tests.sandbox.aws.conftest import ACCOUNT, REGION, START, SandboxAws
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

ARCHIVE = f"arn:aws:events:{REGION}:{ACCOUNT}:archive/all"


def make_archive(aws: SandboxAws, name: str = "all", **more: Any) -> None:
    aws.client("events").create_archive(ArchiveName=name, EventSourceArn=bus_arn("orders"), **more)


def replay(
    aws: SandboxAws, name: str = "again", *, since: datetime = START,
    until: datetime = START + timedelta(days=9), rules: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    filters = {"FilterArns": list(rules)} if rules else {}
    answer: dict[str, Any] = aws.client("events").start_replay(
        ReplayName=name, EventSourceArn=ARCHIVE, EventStartTime=since, EventEndTime=until,
        Destination={"Arn": bus_arn("orders"), **filters},
    )  # fmt: skip
    return answer


def state(aws: SandboxAws, name: str = "again") -> str:
    return str(aws.client("events").describe_replay(ReplayName=name)["State"])


def numbers(found: list[Any]) -> list[int]:
    return [event["detail"]["n"] for event in found]


@pytest.fixture
def url(aws: SandboxAws) -> str:
    """A bus with a rule for everything, and the queue that hears of it."""
    rule = make_rule(aws, "r", bus="orders")
    made = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), bus="orders")
    return made


def test_an_archive_keeps_what_its_pattern_wants(aws: SandboxAws, url: str) -> None:
    make_archive(aws, EventPattern=json.dumps({"detail": {"n": [{"numeric": [">", 1]}]}}))
    put(aws, 1, 2, 3, bus="orders")
    put(aws, 4)

    found = aws.client("events").describe_archive(ArchiveName="all")
    assert (found["State"], found["EventCount"]) == ("ENABLED", 2)
    assert found["SizeBytes"] > 200
    assert found["EventSourceArn"] == bus_arn("orders")


def test_a_replay_brings_a_window_of_events_in_their_order(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    for number in range(24):
        put(aws, number, bus="orders")
        aws.advance("PT1H")
    received(aws, url)

    since, until = START + timedelta(hours=2), START + timedelta(hours=22)
    assert replay(aws, since=since, until=until)["State"] == "STARTING"
    assert state(aws) == "STARTING"
    aws.advance("PT1.6S")
    assert state(aws) == "RUNNING"
    aws.advance("PT1M")

    found = received(aws, url)
    assert numbers(found) == list(range(2, 22))
    assert {event["replay-name"] for event in found} == {"again"}
    described = aws.client("events").describe_replay(ReplayName="again")
    assert described["State"] == "COMPLETED"
    assert described["EventLastReplayedTime"] == START + timedelta(hours=21)
    assert described["ReplayEndTime"] > described["ReplayStartTime"]
    archive = aws.client("events").describe_archive(ArchiveName="all")
    assert archive["EventCount"] == 24, "what is replayed is not archived again"


def test_a_replay_may_be_for_some_rules_only(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    second = make_rule(aws, "second", bus="orders")
    other = make_queue(aws, "other", rule=second)
    add_target(aws, "second", queue_arn("other"), bus="orders")
    put(aws, 1, bus="orders")
    assert (len(received(aws, url)), len(received(aws, other))) == (1, 1)

    replay(aws, rules=(rule_arn("second", "orders"),))
    aws.advance("PT1M")

    assert (len(received(aws, url)), len(received(aws, other))) == (0, 1)


def test_a_replay_goes_on_after_a_restart(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    put(aws, *range(10), bus="orders")
    put(aws, *range(10, 20), bus="orders")
    put(aws, *range(20, 25), bus="orders")
    received(aws, url)
    replay(aws)
    aws.advance("PT2.1S")  # the first step

    aws.restart()
    assert state(aws) == "RUNNING"
    aws.advance("PT1M")

    assert numbers(received(aws, url)) == list(range(25))
    assert state(aws) == "COMPLETED"


def test_a_replay_can_be_cancelled_while_it_runs(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    put(aws, 1, bus="orders")
    received(aws, url)
    replay(aws)
    cancel = aws.client("events").cancel_replay
    assert cancel(ReplayName="again")["State"] == "CANCELLING"
    aws.advance("PT1M")

    assert state(aws) == "CANCELLED"
    assert received(aws, url) == []
    assert error(cancel, ReplayName="again")[0] == "IllegalStatusException"


def test_events_go_when_the_archive_keeps_them_no_longer(aws: SandboxAws, url: str) -> None:
    make_archive(aws, RetentionDays=1)
    put(aws, 1, bus="orders")
    aws.advance("PT20H")
    put(aws, 2, bus="orders")
    aws.advance("PT5H")

    assert aws.client("events").describe_archive(ArchiveName="all")["EventCount"] == 1
    received(aws, url)
    replay(aws)
    aws.advance("PT1M")
    assert numbers(received(aws, url)) == [2]


def test_archives_and_replays_are_listed_and_deleted(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    make_archive(aws, "more")
    replay(aws)
    events = aws.client("events")

    names = [each["ArchiveName"] for each in events.list_archives()["Archives"]]
    assert names == ["all", "more"]
    page = events.list_archives(Limit=1)
    assert len(events.list_archives(NextToken=page["NextToken"])["Archives"]) == 1
    (found,) = events.list_replays(EventSourceArn=ARCHIVE)["Replays"]
    assert found["ReplayName"] == "again"
    events.delete_archive(ArchiveName="all")
    aws.advance("PT1M")
    described = events.describe_replay(ReplayName="again")
    assert (described["State"], described["StateReason"]) == (
        "FAILED", "Archive all does not exist.",
    )  # fmt: skip


def test_what_aws_refuses_is_refused(aws: SandboxAws, url: str) -> None:
    make_archive(aws)
    events = aws.client("events")
    again = {"ArchiveName": "all", "EventSourceArn": bus_arn("orders")}
    assert error(events.create_archive, **again)[0] == "ResourceAlreadyExistsException"
    nowhere = {"ArchiveName": "x", "EventSourceArn": bus_arn("nowhere")}
    assert error(events.create_archive, **nowhere)[0] == "ResourceNotFoundException"
    bad = {**again, "ArchiveName": "x", "EventPattern": '{"a": 1}'}
    assert error(events.create_archive, **bad)[0] == "InvalidEventPatternException"
    assert error(events.delete_archive, ArchiveName="x")[0] == "ResourceNotFoundException"
    replay(aws)
    given = {"ReplayName": "again", "EventSourceArn": ARCHIVE, "EventStartTime": START,
             "EventEndTime": START + timedelta(hours=1),
             "Destination": {"Arn": bus_arn("orders")}}  # fmt: skip
    assert error(events.start_replay, **given)[0] == "ResourceAlreadyExistsException"
    other = {**given, "ReplayName": "other"}
    code, message = error(
        events.start_replay, **{**other, "Destination": {"Arn": bus_arn("default")}}
    )
    assert code == "ValidationException"
    assert message.endswith("Cross event bus replay is not permitted.")
    backwards = {**other, "EventEndTime": START - timedelta(hours=1)}
    assert error(events.start_replay, **backwards)[0] == "ValidationException"
