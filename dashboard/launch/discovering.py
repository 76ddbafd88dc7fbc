"""Having accounts looked at for what can be watched."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from dashboard import celery
from dashboard.models import Connection, Discovery, User
from dashboard.services import discovery


@transaction.atomic
def request_discovery(*, actor: User, connection: Connection) -> Discovery:
    """Look soon; the row says when it was done."""
    row = discovery.ask(actor=actor, connection=connection)
    transaction.on_commit(partial(celery.send, celery.DISCOVER, connection.pk))
    return row


def enqueue_due_discoveries() -> None:
    """Have every account looked at whose time has come."""
    for id in discovery.due():
        discovery.put_off(id)
        celery.send(celery.DISCOVER, id)
