"""Tests of Connections: asked for, performed by a worker, and kept.

A lease says who is at it. It is longer than a test can take, so a test whose lease has run out
is nobody's: it was interrupted, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_admin
from dashboard.audit import Purpose
from dashboard.models import Connection, ConnectionTest, User
from dashboard.services import discovery, turns
from dashboard.services.opening import access_for
from provisioning import checks
from provisioning.contracts import Check, Level
from provisioning.errors import NotPossible, SkyclockError

LEASE = timedelta(seconds=checks.LONGEST + 15)
KEPT = 20  # reports of each Connection
# Where the cloud has not said yet which account a Connection opens.
ASK_AGAIN = timedelta(minutes=5)

Status = ConnectionTest.Status


class LeaseLost(Exception):
    """It was called interrupted meanwhile; write nothing more."""


@transaction.atomic
def ask(*, actor: User, connection: Connection) -> ConnectionTest:
    """The row of a test that is to begin now."""
    require_admin(actor)
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    if locked.removed_at:
        raise NotPossible(f"{locked.name} was deleted.")
    open_ones = locked.tests.filter(status__in=ConnectionTest.OPEN)
    if under_way := open_ones.first():
        open_ones.filter(status=Status.QUEUED).update(due_at=timezone.now())
        return under_way
    audit.record(actor=actor, action="connection.test", subject=locked)
    return _new(locked, actor=actor)


def perform(test_id: int) -> None:
    """Try the Connection out, unless somebody does already or has done."""
    row = _claim(test_id)
    if row is None:
        return
    try:
        _Performing(row).to_the_end()
    except LeaseLost:
        return
    except Exception:
        interrupt(row)
        raise
    discovery.soon(row.connection)  # what it may see now


def left_behind(unsent: Q) -> QuerySet[ConnectionTest]:
    """Those that wait without a message, and those whose worker is gone."""
    now = timezone.now()
    waiting = Q(status=Status.QUEUED, due_at__lte=now) & unsent
    orphaned = Q(status=Status.RUNNING) & turns.free(LEASE)
    return ConnectionTest.objects.filter(waiting | orphaned)


def interrupt(row: ConnectionTest) -> None:
    """What was checked stays; what was not is not known."""
    mine = ConnectionTest.objects.filter(
        pk=row.pk, status=Status.RUNNING, lease_owner=row.lease_owner
    )
    mine.update(status=Status.INTERRUPTED, finished_at=timezone.now(), lease_until=None)


def expected(row: ConnectionTest) -> tuple[str, ...]:
    """The names of all its checks, also of those that are still to come."""
    return checks.names(Level(row.level))


def _new(
    connection: Connection, *, actor: User | None, after: timedelta = timedelta(0)
) -> ConnectionTest:
    return ConnectionTest.objects.create(
        connection=connection,
        asked_by=actor,
        level=connection.level,
        due_at=timezone.now() + after,
    )


def _claim(test_id: int) -> ConnectionTest | None:
    now, owner = timezone.now(), token_hex(16)
    waiting = ConnectionTest.objects.filter(pk=test_id, status=Status.QUEUED, due_at__lte=now)
    claimed = waiting.update(
        status=Status.RUNNING, started_at=now, lease_owner=owner, lease_until=now + LEASE
    )
    rows = ConnectionTest.objects.select_related("connection")
    return rows.get(pk=test_id) if claimed else None


@dataclass
class _Performing:
    row: ConnectionTest

    def to_the_end(self) -> None:
        connection = self.row.connection
        try:
            report = checks.run(
                access_for(connection, Purpose.TEST, actor=self.row.asked_by),
                Level(self.row.level),
                expected_account=connection.account,
                emit=self._keep,
            )
        except SkyclockError as error:  # what is stored cannot be opened
            self._keep(Check(name="identity", result="fail", message=str(error)))
            report = checks.Report(checks=())
        self._finish(report.account)

    def _keep(self, check: Check) -> None:
        self.row.checks = [*self.row.checks, check.model_dump(mode="json")]
        self._write(checks=self.row.checks)

    @transaction.atomic
    def _finish(self, account: str) -> None:
        now, result = timezone.now(), worst([each["result"] for each in self.row.checks])
        self._write(
            status=Status.FINISHED,
            result=result,
            account=account,
            finished_at=now,
            lease_until=None,
        )
        Connection.objects.filter(pk=self.row.connection_id).update(
            tested_at=now, test_result=result
        )
        self._learn(account)
        old = ConnectionTest.objects.filter(connection=self.row.connection_id)
        kept = list(old.order_by("-id").values_list("pk", flat=True)[:KEPT])
        old.filter(pk__lt=min(kept)).delete()

    def _learn(self, account: str) -> None:
        """The account of a Connection that was saved while its cloud was away."""
        unknown = Connection.objects.filter(pk=self.row.connection_id, account="", removed_at=None)
        if account:
            unknown.update(account=account, updated_at=timezone.now())
        elif (connection := unknown.first()) and self._was_away():
            _new(connection, actor=None, after=ASK_AGAIN)

    def _was_away(self) -> bool:
        identity = self.row.found("identity")
        return identity is not None and identity["result"] == "unknown"

    def _write(self, **values: object) -> None:
        mine = ConnectionTest.objects.filter(
            pk=self.row.pk, status=Status.RUNNING, lease_owner=self.row.lease_owner
        )
        if not mine.update(**values):
            raise LeaseLost


def worst(results: Sequence[str]) -> str:
    return next((each for each in ("fail", "unknown") if each in results), "pass")
