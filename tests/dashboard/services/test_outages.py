"""A database that is away while an operation runs."""

from __future__ import annotations

import subprocess
from threading import Timer
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from dashboard.services import deployments, outages
from dashboard.services.leases import Child
from tests.dashboard.services.begun import Begun, line, outcome, texts

LINES = "dashboard_deploymentline"


@pytest.mark.django_db(transaction=True)
def test_an_operation_is_followed_on_when_the_database_is_back(
    begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "AGAIN_SECONDS", 0.05)
    begun: Begun = begin().tell(line("one"))
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    asked: list[Exception] = []
    pull = begun.recorder.pull

    def counted() -> bool:
        try:
            return pull()
        except OperationalError as error:
            asked.append(error)
            if len(asked) == 3:
                rename("away", LINES)
                begun.tell(line("two"), outcome())
                Timer(0.2, process.kill).start()
            raise

    begun.recorder.pull = counted  # type: ignore[method-assign]
    rename(LINES, "away")
    try:
        deployments._follow_to_end(
            begun.row, begun.recorder, deployments.Orphan(Child.of(process.pid))
        )
    finally:
        process.kill()
        process.wait()
    assert len(asked) == 3
    row = begun.again()
    assert row.status == "succeeded"
    assert texts(row) == [(1, "one"), (2, "two")], "none is lost, and none is there twice"


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_not_repeated_from_its_middle() -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere")

    with pytest.raises(OperationalError), transaction.atomic():
        outages.sit_out(ask)


def rename(before: str, after: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {before} RENAME TO {after}")
