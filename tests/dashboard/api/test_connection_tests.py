"""Tests of Connections as programs ask for them, and what they may read of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections as databases
from django.utils import timezone

from dashboard.models import Connection, ConnectionTest
from dashboard.services import connection_tests
from provisioning import checks
from provisioning.contracts import Check
from tests.dashboard.api.conftest import Caller

RED = Check(
    name="start", result="fail", missing=("sagemaker:StartPipelineExecution",),
    message='It lacks it. Add this.\n\n{"Effect": "Allow"}',
)  # fmt: skip


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cloud is found to say: it is asked for real in tests/provisioning/checks."""

    def run(access: Any, level: Any, *, expected_account: str, emit: Any) -> checks.Report:
        done = (Check(name="identity", result="pass", message="Somebody."), RED)
        for check in done:
            emit(check)
        return checks.Report(checks=done, account="111122223333")

    monkeypatch.setattr(checks, "run", run)


def performed(id: int) -> None:
    connection_tests.perform(id)


def test_without_waiting_it_gives_the_address_of_the_report(
    admin_api: Caller, connection: Connection
) -> None:
    answer = admin_api("POST", f"/connections/{connection.pk}/test?wait=0")
    assert answer.status_code == 202
    begun = answer.json()
    assert (begun["status"], begun["result"], begun["checks"]) == ("queued", None, [])
    path = f"/connections/{connection.pk}/tests/{begun['id']}"
    assert answer["Location"] == f"/api/v1{path}"
    performed(begun["id"])
    report = admin_api.get(path)
    assert (report["status"], report["result"], report["asked_by"]) == ("finished", "fail", "ada")
    assert report["account"] == "111122223333"
    assert report["checks"][1] == RED.model_dump(mode="json")
    assert admin_api.get(f"/connections/{connection.pk}/tests") == [report]
    shown = admin_api.get(f"/connections/{connection.pk}")
    assert (shown["test_result"], bool(shown["tested_at"])) == ("fail", True)


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_the_worker(admin_api: Caller, connection: Connection) -> None:
    def work() -> None:
        for _ in range(500):
            if row := ConnectionTest.objects.filter(status="queued").first():
                performed(row.pk)
                break
            time.sleep(0.05)
        databases.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    report = admin_api.post(f"/connections/{connection.pk}/test")
    worker.join()
    assert (report["status"], report["result"]) == ("finished", "fail")
    assert [each["name"] for each in report["checks"]] == ["identity", "start"]


def test_it_waits_no_longer_than_it_was_told(admin_api: Caller, connection: Connection) -> None:
    started = time.monotonic()
    report = admin_api.post(f"/connections/{connection.pk}/test?wait=1", expect=202)
    assert report["status"] == "queued" and 1 <= time.monotonic() - started < 20


@pytest.mark.parametrize("wait", ["-1", "61", "long", "1.5"])
def test_a_wait_has_limits(wait: str, admin_api: Caller, connection: Connection) -> None:
    admin_api.post(f"/connections/{connection.pk}/test?wait={wait}", expect=422)
    assert not ConnectionTest.objects.exists()


def test_one_under_way_is_told_as_it_is(admin_api: Caller, connection: Connection) -> None:
    path = f"/connections/{connection.pk}/test?wait=0"
    first = admin_api.post(path, expect=202)
    ConnectionTest.objects.update(status="running", started_at=timezone.now())
    second = admin_api.post(path, expect=202)
    assert (second["id"], second["status"]) == (first["id"], "running")


def test_the_report_of_another_connection_is_not_found(
    admin_api: Caller, connection: Connection, new_connection: Callable[[], Connection]
) -> None:
    begun = admin_api.post(f"/connections/{connection.pk}/test?wait=0", expect=202)
    admin_api.get(f"/connections/{new_connection().pk}/tests/{begun['id']}", expect=404)


def test_a_new_connection_is_tested_by_itself(admin_api: Caller) -> None:
    body = {"name": "Second", "cloud": "google", "sandbox": True}
    made = admin_api.post("/connections", body, expect=201)
    row = ConnectionTest.objects.get(connection=made["id"])
    assert (row.status, row.asked_by.username) == ("queued", "ada")


def test_members_read_no_report(api: Caller, connection: Connection) -> None:
    api.get(f"/connections/{connection.pk}/tests", expect=403)


@pytest.fixture
def new_connection(admin_api: Caller) -> Callable[[], Connection]:
    def made() -> Connection:
        body = {"name": "Other", "cloud": "aws", "sandbox": True}
        return Connection.objects.get(pk=admin_api.post("/connections", body, expect=201)["id"])

    return made
