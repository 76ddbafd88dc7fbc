"""Having Connections tested by a worker."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from dashboard import celery
from dashboard.launch.turns import unsent
from dashboard.models import Connection, ConnectionTest, User
from dashboard.services import connection_tests


@transaction.atomic
def request_test(*, actor: User, connection: Connection) -> ConnectionTest:
    """Have it tested now; the test that is under way, where there is one."""
    row = connection_tests.ask(actor=actor, connection=connection)
    transaction.on_commit(partial(_nudge, row.pk))
    return row


def enqueue_due_tests() -> None:
    """Nudge those whose message was not sent, or was lost; end those whose worker is gone."""
    for row in connection_tests.left_behind(unsent()):
        if row.status == ConnectionTest.Status.RUNNING:
            connection_tests.interrupt(row)
        else:
            _nudge(row.pk)


def _nudge(test_id: int) -> None:
    rows = ConnectionTest.objects.filter(pk=test_id, status=ConnectionTest.Status.QUEUED)
    # Put down first: a worker may have ended it before we come to it.
    if rows.update(enqueued_at=timezone.now()) and not celery.send(celery.TEST_CONNECTION, test_id):
        rows.update(enqueued_at=None)
