"""Connections, those first that somebody should look after; and why, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard import secrets, times
from dashboard.access import Visitor, visible_connections
from dashboard.models import Connection
from provisioning import clouds
from provisioning.contracts import Cloud
from provisioning.errors import CredentialUnreadable

SOON = timedelta(days=30)
LONG = timedelta(days=90)  # for a secret that opens an account until somebody revokes it
UNUSED = timedelta(days=30)

# Name, the word of the table of states that it looks like, and what people call it; worst first.
RISKS = {
    "unreadable": ("failed", "Cannot be opened"),
    "expired": ("failed", "Expired"),
    "failing": ("failed", "Last test failed"),
    "expiring": ("late", "Expires soon"),
    "no_account": ("unknown", "Account not known"),
    "disabled_in_use": ("disabled", "Disabled, in use"),
    "not_rotated": ("late", "Not rotated for long"),
    "unused": ("unknown", "Unused"),
    "untested": ("unknown", "Not tested"),
}
ORDER = {name: place for place, name in enumerate(RISKS)}


@dataclass(frozen=True)
class Risk:
    name: str
    sentence: str

    @property
    def word(self) -> str:
        return RISKS[self.name][0]

    @property
    def label(self) -> str:
        return RISKS[self.name][1]


@dataclass(frozen=True)
class ConnectionRow:
    connection: Connection
    pipeline_count: int
    risks: tuple[Risk, ...]  # worst first

    @property
    def place(self) -> tuple[int, str]:
        first = ORDER[self.risks[0].name] if self.risks else len(ORDER)
        return first, self.connection.name.casefold()


def connections_by_risk(user: Visitor, now: datetime) -> list[ConnectionRow]:
    """All of them in one query; `now` is real time."""
    live = Count("pipelines", filter=Q(pipelines__archived_at=None))
    rows = visible_connections(user).annotate(pipeline_count=live)
    found = [_row(each, each.pipeline_count, now) for each in rows]
    return sorted(found, key=lambda row: row.place)


def risks_of(connection: Connection, now: datetime) -> tuple[Risk, ...]:
    count = connection.pipelines.filter(archived_at=None).count()
    return tuple(_risks(connection, count, now))


def expiring(user: Visitor, now: datetime) -> list[Connection]:
    """Those whose credential has ended, or ends within a month, the first to end first."""
    rows = visible_connections(user).filter(enabled=True, expires_at__lt=now + SOON)
    return list(rows.order_by("expires_at")[:10])


def expiry_sentence(connection: Connection, now: datetime) -> str:
    end = connection.expires_at
    if end is None:
        return ""
    if end <= now:
        return f"Its credential ended {times.duration(now - end)} ago: enter a new one."
    return f"Its credential ends in {times.duration(end - now)}: enter a new one before."


def when_it_ends(connection: Connection) -> str:
    """When its credential ends, in words, where nobody has said the day."""
    try:
        stored = secrets.unseal(connection.sealed)
    except CredentialUnreadable:
        return "not known; it cannot be opened"
    cloud = Cloud(connection.cloud)
    if connection.sandbox and clouds.is_ready_made(cloud, connection.account, stored):
        return "never; it opens nothing but the sandbox"
    return clouds.ending(cloud, stored)


def _keeps_secret(connection: Connection) -> bool:
    """Something that is stored opens the account until somebody revokes it."""
    try:
        stored = secrets.unseal(connection.sealed)
    except CredentialUnreadable:
        return False
    return clouds.holds_secret(Cloud(connection.cloud), stored)


def _row(connection: Connection, count: int, now: datetime) -> ConnectionRow:
    return ConnectionRow(connection, count, tuple(_risks(connection, count, now)))


def _risks(connection: Connection, count: int, now: datetime) -> Iterator[Risk]:
    if secrets.opener(connection.sealed) is None:
        yield Risk("unreadable", "No sealing key that is here opens its credential.")
    end = connection.expires_at
    if end and end <= now:
        yield Risk("expired", expiry_sentence(connection, now))
    if connection.enabled and connection.test_result == "fail":
        yield Risk("failing", "A check of its last test failed; its report says what to grant.")
    if end and now < end <= now + SOON:
        yield Risk("expiring", expiry_sentence(connection, now))
    if not connection.account:
        yield Risk(
            "no_account", "The cloud has not said which account it opens; nothing can use it."
        )
    if not connection.enabled and count:
        yield Risk(
            "disabled_in_use",
            f"{_pipelines(count)} it: nothing is deployed or pulled until it is enabled.",
        )
    if not connection.sandbox:
        yield from _of_real_ones(connection, count, now)


def _of_real_ones(connection: Connection, count: int, now: datetime) -> Iterator[Risk]:
    entered = connection.entered_at or connection.created_at
    if entered < now - LONG and _keeps_secret(connection):
        age = times.duration(now - entered)
        yield Risk("not_rotated", f"The same secret for {age}: rotate it, or keep none.")
    used = connection.last_used_at or connection.created_at
    if not count and used < now - UNUSED:
        yield Risk(
            "unused", f"No pipeline uses it, and nothing has for {times.duration(now - used)}."
        )
    if connection.tested_at is None:
        yield Risk("untested", "Nobody has tested yet what it may do.")


def _pipelines(count: int) -> str:
    return "1 pipeline uses" if count == 1 else f"{count} pipelines use"
