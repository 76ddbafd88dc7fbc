"""The calendar feed: who may read it, and that it is iCalendar as RFC 5545 has it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dashboard import icalendar
from dashboard.icalendar import Event
from dashboard.models import CalendarFeed, Connection, Trigger, User
from dashboard.queries import _feed
from dashboard.services import feeds, people
from tests.dashboard.queries.fleet import fleet

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAME = re.compile(r"[A-Z-]+")


def unfolded(text: str) -> list[str]:
    """RFC 5545, 3.1: lines end with CRLF, have at most 75 octets, go on after a space."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75, line
    return text.replace("\r\n ", "")[:-2].split("\r\n")


def read(text: str) -> list[dict[str, str]]:
    """The events, each property by its name with parameters; fails on what is no calendar."""
    lines = unfolded(text)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"] and lines[-1] == "END:VCALENDAR"
    assert any(line.startswith("PRODID:") for line in lines)
    events: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-1]:
        name, _, value = line.partition(":")
        assert NAME.fullmatch(name.partition(";")[0]), line
        if name in ("BEGIN", "END"):
            assert value == "VEVENT" and inside == (name == "END")
            inside = name == "BEGIN"
            events += [{}] if inside else []
        elif inside:
            assert name not in events[-1], f"{name} twice"
            events[-1][name] = value
    assert not inside
    for event in events:
        assert {"UID", "DTSTAMP", "SUMMARY"} <= set(event)
        assert ("DTSTART" in event) != ("DTSTART;VALUE=DATE" in event)
        if "DTSTART" in event:
            datetime.strptime(event["DTSTART"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert len({event["UID"] for event in events}) == len(events)
    return events


def feed_of(user: User) -> str:
    return f"/calendar/feed/{feeds.create(user)}.ics"


@pytest.fixture
def feed(member: User) -> str:
    return feed_of(member)


def test_it_has_the_starts_to_come_of_each_pipeline(
    anonymous: Client, feed: str, trigger: Trigger
) -> None:
    answer = anonymous.get(feed)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = read(answer.content.decode())
    assert 13 <= len(events) <= 14
    first = events[0]
    assert first["SUMMARY"] == "Churn"
    assert first["DESCRIPTION"] == "At 06:00 every day\\, Europe/Berlin"
    assert first["UID"] == f"churn-t1-{first['DTSTART'][:-3]}Z@skyclock"
    assert first["URL"] == f"http://testserver/pipelines/{trigger.pipeline_id}"
    assert first["TRANSP"] == "TRANSPARENT"


def test_it_is_the_same_until_something_changes(
    anonymous: Client, feed: str, trigger: Trigger
) -> None:
    answer = anonymous.get(feed)
    for header, value in (
        ("If-None-Match", answer["ETag"]),
        ("If-Modified-Since", answer["Last-Modified"]),
    ):
        again = anonymous.get(feed, headers={header: value})
        assert (again.status_code, again.content) == (304, b"")
    uids = {event["UID"] for event in read(answer.content.decode())}
    Trigger.objects.filter(pk=trigger.pk).update(paused=True)
    changed = anonymous.get(feed, headers={"If-None-Match": answer["ETag"]})
    assert (changed.status_code, read(changed.content.decode())) == (200, [])
    Trigger.objects.filter(pk=trigger.pk).update(paused=False)
    assert {event["UID"] for event in read(anonymous.get(feed).content.decode())} == uids


def test_what_starts_often_is_one_entry_a_day(
    anonymous: Client, feed: str, connection: Connection, member: User
) -> None:
    fleet(connection, member, [("*/10 * * * *", "UTC")])
    events = read(anonymous.get(feed).content.decode())
    days = [event for event in events if "DTSTART;VALUE=DATE" in event]
    assert len(days) in (13, 14)
    assert len(events) - len(days) <= 24, "today's rest may have few enough"
    last = events[-1]
    assert last["SUMMARY"] == "p-00000\\, 144 starts"
    day = datetime.strptime(last["DTSTART;VALUE=DATE"], "%Y%m%d").replace(tzinfo=UTC)
    assert last["DTEND;VALUE=DATE"] == f"{day + timedelta(days=1):%Y%m%d}"


def test_a_large_fleet_has_an_entry_a_day(
    connection: Connection, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet(connection, member, [(f"{n} 0,12 * * *", "UTC") for n in range(10)])
    assert len(_feed.feed_entries(member, NOW)) == 10 * 27
    monkeypatch.setattr(_feed, "MOST_ENTRIES", 200)
    by_day = _feed.feed_entries(member, NOW)
    assert len(by_day) == 140 and {entry.count for entry in by_day} == {1, 2}
    monkeypatch.setattr(_feed, "MOST_ENTRIES", 100)
    together = _feed.feed_entries(member, NOW)
    assert [entry.count for entry in together] == [10] + [20] * 13


def test_only_its_present_address_opens_it(anonymous: Client, member: User) -> None:
    old = feed_of(member)
    assert anonymous.get(old).status_code == 200
    new = feed_of(member)
    assert anonymous.get(old).status_code == 404
    assert anonymous.get(new).status_code == 200
    feeds.revoke(member)
    assert anonymous.get(new).status_code == 404
    for wrong in ("", "x", "x" * 5000, "%00", CalendarFeed.__name__):
        assert anonymous.get(f"/calendar/feed/{wrong}.ics").status_code == 404


def test_it_ends_with_the_account(anonymous: Client, member: User, admin: User) -> None:
    address = feed_of(member)
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert anonymous.get(address).status_code == 404
    User.objects.filter(pk=member.pk).update(is_active=True)
    assert anonymous.get(address).status_code == 200
    people.deactivate(actor=admin, user=member)
    people.activate(actor=admin, user=member)
    assert anonymous.get(address).status_code == 404


def test_the_secret_is_kept_nowhere(member: User) -> None:
    secret = feeds.create(member)
    row = CalendarFeed.objects.get(user=member)
    assert secret not in str(row.__dict__) and len(row.digest) == 64


def test_the_account_page_makes_renews_and_ends_it(as_member: Client, anonymous: Client) -> None:
    def made() -> str:
        text = as_member.post("/account/feed").content.decode()
        (address,) = re.findall(r"http://testserver(/calendar/feed/skycal_[\w-]+\.ics)", text)
        return address

    first = made()
    assert anonymous.get(first).status_code == 200
    assert "Make a new address" in as_member.get("/account").content.decode()
    assert first not in as_member.get("/account").content.decode()
    second = made()
    assert (anonymous.get(first).status_code, anonymous.get(second).status_code) == (404, 200)
    assert as_member.post("/account/feed/revoke").status_code == 303
    assert anonymous.get(second).status_code == 404


def test_text_of_all_kinds_is_escaped_and_folded() -> None:
    name = "Ürümqi, 東京; \\ back\r\nline\x07 " + "é" * 80 + "🚀" * 30
    text = icalendar.calendar(
        "x", [Event("1", NOW, name, description=name)], changed=NOW, refresh=timedelta(hours=1)
    )
    (event,) = read(text)
    assert event["SUMMARY"].startswith("Ürümqi\\, 東京\\; \\\\ back\\nline é")
    assert event["SUMMARY"].endswith("🚀" * 30)
    assert event["DTSTART"] == event["DTSTAMP"] == "20261120T120000Z"


def test_a_feed_is_only_read(anonymous: Client, feed: str) -> None:
    assert anonymous.post(feed).status_code == 405
    assert "no-cache" in anonymous.get(feed)["Cache-Control"]
