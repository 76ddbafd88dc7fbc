"""Tests of Connections: one at a time, kept, and never running for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard import celery, launch, tasks
from dashboard.models import AuditEntry, Connection, ConnectionTest, User
from dashboard.services import connection_tests, connections
from provisioning import checks
from provisioning.contracts import Check
from provisioning.errors import NotPossible

PAST = timedelta(seconds=1)
ALL = ["identity", "clock", "region", "list", "read_runs", "start", "deploy"]


def asked(admin: User, connection: Connection) -> ConnectionTest:
    return connection_tests.ask(actor=admin, connection=connection)


def performed(row: ConnectionTest) -> ConnectionTest:
    connection_tests.perform(row.pk)
    row.refresh_from_db()
    return row


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the cloud is found to say; the clouds themselves are asked in tests/provisioning."""
    found = [Check(name="identity", result="pass", message="Somebody.")]

    def run(access: Any, level: Any, *, expected_account: str, emit: Any) -> checks.Report:
        for check in found:
            emit(check)
        here = "111122223333" if found[0].result == "pass" else ""
        return checks.Report(checks=tuple(found), account=here)

    monkeypatch.setattr(checks, "run", run)
    return found


@pytest.mark.sandbox
def test_a_ready_made_sandbox_passes_check_by_check(
    admin: User, connection: Connection, on_sandbox: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    write = ConnectionTest.objects.none().__class__.update

    def looking(rows: Any, **values: Any) -> int:
        if "checks" in values:
            seen.append(len(values["checks"]))
        return write(rows, **values)

    monkeypatch.setattr(ConnectionTest.objects.none().__class__, "update", looking)
    row = performed(asked(admin, connection))
    assert (row.status, row.account) == ("finished", connection.account)
    assert [each["name"] for each in row.checks] == ALL
    assert seen == list(range(1, 8))  # each was saved as soon as it was done
    assert row.found("identity")["result"] == row.found("list")["result"] == "pass"
    connection.refresh_from_db()
    assert connection.test_result == row.result and connection.tested_at == row.finished_at


def test_a_level_is_tested_for_what_it_includes(admin: User, says: list[Check]) -> None:
    row = connections.create_sandbox(actor=admin, name="Eyes", cloud="aws", level="observe")
    assert connection_tests.expected(asked(admin, row)) == tuple(ALL[:5])


def test_members_may_not_ask(member: User, connection: Connection) -> None:
    with pytest.raises(PermissionDenied):
        asked(member, connection)
    assert not ConnectionTest.objects.exists()


def test_one_under_way_is_not_begun_again(admin: User, connection: Connection) -> None:
    first, second = asked(admin, connection), asked(admin, connection)
    assert first == second
    entry = AuditEntry.objects.get(action="connection.test")
    assert entry.actor == admin and entry.detail == {}


def test_a_deleted_connection_is_not_tested(admin: User, connection: Connection) -> None:
    Connection.objects.update(removed_at=timezone.now())
    with pytest.raises(NotPossible, match="was deleted"):
        asked(admin, connection)


def test_a_message_that_comes_twice_tests_once(
    admin: User, connection: Connection, says: list[Check]
) -> None:
    row = performed(asked(admin, connection))
    assert performed(row).checks == [says[0].model_dump(mode="json")]


@pytest.mark.parametrize(
    ("results", "whole"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "unknown"], "unknown"),
        (["unknown", "fail", "pass"], "fail"),
    ],
)
def test_the_worst_check_is_the_result(results: list[str], whole: str) -> None:
    assert connection_tests.worst(results) == whole


def test_the_last_twenty_reports_are_kept(
    admin: User, connection: Connection, says: list[Check]
) -> None:
    rows = [performed(asked(admin, connection)) for _ in range(23)]
    kept = ConnectionTest.objects.values_list("pk", flat=True)
    assert list(kept) == [row.pk for row in reversed(rows[3:])]


def test_a_credential_that_cannot_be_opened_is_red(
    admin: User, connection: Connection, says: list[Check]
) -> None:
    Connection.objects.update(sealed="nothing that a key opens")
    row = performed(asked(admin, connection))
    assert (row.status, row.result) == ("finished", "fail")
    assert row.found("identity")["message"]


# ── The account ─────────────────────────────────────────────────────────────────────


def test_an_account_that_was_not_known_is_learned(
    admin: User, connection: Connection, says: list[Check]
) -> None:
    Connection.objects.update(account="")
    performed(asked(admin, connection))
    connection.refresh_from_db()
    assert connection.account == "111122223333"


def test_where_the_cloud_is_away_it_is_asked_again_later(
    admin: User, connection: Connection, says: list[Check], messages: Callable[[], list[Any]]
) -> None:
    Connection.objects.update(account="")
    says[0] = Check(name="identity", result="unknown", message="AWS is away.")
    performed(asked(admin, connection))
    again = ConnectionTest.objects.get(status="queued")
    assert again.due_at > timezone.now() + timedelta(minutes=4)
    assert again.asked_by is None  # nobody asked for this one
    launch.enqueue_due_tests()
    connection_tests.perform(again.pk)  # its time has not come
    assert messages() == []
    ConnectionTest.objects.filter(pk=again.pk).update(due_at=timezone.now() - PAST)
    says[0] = Check(name="identity", result="pass", message="Somebody.")
    launch.enqueue_due_tests()
    assert messages() == [(celery.TEST_CONNECTION, [again.pk])]
    tasks.test_connection(again.pk)
    connection.refresh_from_db()
    assert connection.account == "111122223333"
    assert not ConnectionTest.objects.filter(status="queued").exists()


def test_a_person_need_not_wait_for_the_next_one(
    admin: User, connection: Connection, says: list[Check]
) -> None:
    Connection.objects.update(account="")
    says[0] = Check(name="identity", result="unknown", message="AWS is away.")
    performed(asked(admin, connection))
    row = asked(admin, connection)
    row.refresh_from_db()
    assert row.due_at <= timezone.now()
    assert performed(row).status == "finished"


# ── Workers that die ────────────────────────────────────────────────────────────────


def claimed(row: ConnectionTest) -> ConnectionTest:
    now = timezone.now()
    ConnectionTest.objects.filter(pk=row.pk).update(
        status="running", started_at=now, lease_owner="a", lease_until=now - PAST
    )
    row.refresh_from_db()
    return row


def test_a_dead_workers_test_is_interrupted(admin: User, connection: Connection) -> None:
    row = claimed(asked(admin, connection))
    tasks.tick()
    row.refresh_from_db()
    assert row.status == "interrupted" and row.finished_at
    assert asked(admin, connection) != row  # it stands in nobody's way


def test_its_end_is_found_within_ninety_seconds() -> None:
    assert timedelta(seconds=90) >= connection_tests.LEASE + celery.TICK_EVERY
    assert timedelta(seconds=checks.LONGEST) < connection_tests.LEASE


def test_a_worker_that_was_given_up_writes_nothing_more(
    admin: User, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(access: Any, level: Any, *, expected_account: str, emit: Any) -> checks.Report:
        emit(Check(name="identity", result="pass"))
        ConnectionTest.objects.update(status="interrupted")  # by another worker's tick
        emit(Check(name="clock", result="pass"))
        raise AssertionError("It went on.")

    monkeypatch.setattr(checks, "run", run)
    row = performed(asked(admin, connection))
    assert row.status == "interrupted" and len(row.checks) == 1
    connection.refresh_from_db()
    assert connection.tested_at is None


def test_what_nobody_foresaw_ends_the_test_and_is_raised(
    admin: User, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> checks.Report:
        raise ZeroDivisionError

    monkeypatch.setattr(checks, "run", run)
    row = asked(admin, connection)
    with pytest.raises(ZeroDivisionError):
        connection_tests.perform(row.pk)
    row.refresh_from_db()
    assert row.status == "interrupted"


def test_a_message_that_was_lost_is_sent_again(
    admin: User,
    connection: Connection,
    messages: Callable[[], list[Any]],
    queue_away: Callable[[], Any],
) -> None:
    row = asked(admin, connection)
    with queue_away():
        launch.enqueue_due_tests()
    row.refresh_from_db()
    assert row.enqueued_at is None
    launch.enqueue_due_tests()
    launch.enqueue_due_tests()
    assert messages() == [(celery.TEST_CONNECTION, [row.pk])]
