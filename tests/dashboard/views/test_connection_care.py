"""Pages of a credential's life: risks, rotating, putting back, disabling; and the audit log."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.audit import Purpose
from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, User
from dashboard.services import connections, rotation, switching
from dashboard.services.opening import access_for
from provisioning import clouds

KEYS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPL2",
    "secret_access_key": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    "region": "eu-central-1",
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "check_identity", lambda access: "998877665544")


def text(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_rotation_from_the_page_to_its_undo(
    as_admin: Client, real_connection: Connection, cloud: None
) -> None:
    path = f"/connections/{real_connection.pk}"
    shown = text(as_admin, f"{path}/rotate")
    assert "In use now" in shown and KEYS["secret_access_key"] not in shown
    posted = {**KEYS, "rotation": 0, "expires_on": "2030-01-31"}
    answer = as_admin.post(f"{path}/rotate", posted, follow=True)
    assert "uses the new credential now" in answer.content.decode()
    real_connection.refresh_from_db()
    assert real_connection.rotation == 1
    assert f"{real_connection.expires_at:%Y-%m-%d %H}" == "2030-01-31 23"
    assert "Put the old credential back" in text(as_admin, path)
    late = as_admin.post(f"{path}/rotate", posted)
    assert late.status_code == 400
    assert "ada changed the credential of prod-eu" in late.content.decode()
    assert KEYS["secret_access_key"] not in late.content.decode()
    assert "of before again" in as_admin.post(f"{path}/undo", follow=True).content.decode()
    assert "Put the old credential back" not in text(as_admin, path)


def test_a_running_deployment_is_named_with_its_cancel(
    as_admin: Client, running: Deployment
) -> None:
    connection = running.pipeline.connection
    path = f"/connections/{connection.pk}"
    answer = as_admin.post(f"{path}/switch", {"enabled": "false"}, follow=True)
    shown = answer.content.decode()
    assert "Deployments under way go on, of Churn" in shown
    assert f"/deployments/{running.pk}/cancel" in shown
    assert "Disabled by ada" in re.sub(r"\s+", " ", shown)


def test_the_riskiest_stand_first_each_with_a_sentence(
    as_admin: Client, admin: User, real_connection: Connection, deployed: Pipeline
) -> None:
    now = timezone.now()
    Connection.objects.filter(pk=real_connection.pk).update(
        expires_at=now - timedelta(days=2), entered_at=now - timedelta(days=200)
    )
    switching.switch(actor=admin, connection=deployed.connection, enabled=False)
    shown = text(as_admin, "/connections")
    told = [
        "Its credential ended 2 d", "The same secret for 200 d", "Nobody has tested yet",
        "1 pipeline uses it: nothing is deployed",
    ]  # fmt: skip
    places = [shown.index(sentence) for sentence in told]
    assert places == sorted(places)
    assert "prod-eu" in text(as_admin, "/connections?risk=expired")
    only = text(as_admin, "/connections?risk=disabled_in_use")
    assert "Sandbox AWS" in only and "prod-eu" not in only
    assert "No connection fits" in text(as_admin, "/connections?cloud=google")


def test_what_is_refused_today_stands_before_what_ends_some_day(
    as_admin: Client, real_connection: Connection
) -> None:
    soon = timezone.now() + timedelta(days=20)
    Connection.objects.filter(pk=real_connection.pk).update(expires_at=soon, test_result="fail")
    shown = text(as_admin, "/connections").partition("<tbody>")[2]
    assert shown.index("Last test failed") < shown.index("Expires soon")


def test_one_whose_account_nobody_knows_is_told_of(
    as_admin: Client, real_connection: Connection
) -> None:
    Connection.objects.filter(pk=real_connection.pk).update(account="")
    assert "has not said which account" in text(as_admin, "/connections?risk=no_account")


def test_admins_are_reminded_on_the_overview(
    as_admin: Client, as_member: Client, real_connection: Connection
) -> None:
    assert "Credentials that end" not in text(as_admin, "/")
    soon = timezone.now() + timedelta(days=6, hours=1)
    Connection.objects.filter(pk=real_connection.pk).update(expires_at=soon)
    assert "Its credential ends in 6 d" in text(as_admin, "/")
    assert "Credentials that end" not in text(as_member, "/")


def test_the_audit_log_is_filtered_paged_and_a_file(
    as_admin: Client, admin: User, real_connection: Connection
) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(action="person.role", actor=admin, subject_kind="user", subject_name=f"=p{n}")
        for n in range(60)
    )
    access_for(real_connection, Purpose.SYNC)
    access_for(real_connection, Purpose.SYNC)
    shown = text(as_admin, "/audit")
    assert "2 times" in shown and "Older entries" in shown
    (cursor,) = re.findall(r"cursor=(\d+)", shown)
    assert "=p0" in text(as_admin, f"/audit?cursor={cursor}")
    only = text(as_admin, f"/audit?connection={real_connection.pk}&action=use")
    assert "use.sync" in only and "=p59" not in only
    file = as_admin.get(f"/audit.csv?actor={admin.pk}&action=person.role")
    rows = list(csv.reader(StringIO(b"".join(file.streaming_content).decode())))
    assert len(rows) == 61 and rows[1][8] == "'=p59"
    assert as_admin.get("/audit?cursor=x").status_code == 404


def test_an_entry_says_from_where(
    as_admin: Client, real_connection: Connection, call_switch: Callable[[], None]
) -> None:
    call_switch()
    entry = AuditEntry.objects.get(action="connection.disable")
    assert (entry.source, entry.connection) == ("203.0.113.7", real_connection)


@pytest.fixture
def call_switch(as_admin: Client, real_connection: Connection) -> Callable[[], None]:
    def call() -> None:
        path = f"/connections/{real_connection.pk}/switch"
        as_admin.post(path, {"enabled": "false"}, REMOTE_ADDR="203.0.113.7")

    return call


@pytest.mark.parametrize("cloud", ["aws", "azure", "google"])
def test_a_sandbox_that_cannot_be_opened_is_edited_and_deleted(
    cloud: str, as_admin: Client, admin: User
) -> None:
    row = connections.create_sandbox(actor=admin, name="lost", cloud=cloud)
    Connection.objects.update(sealed="what no key opens")
    path = f"/connections/{row.pk}"
    for page in (path, f"{path}/edit", "/connections"):
        assert "lost" in text(as_admin, page)
    as_admin.post(f"{path}/edit", {"name": "renamed", "level": "run"})
    row.refresh_from_db()
    assert row.name == "renamed"
    as_admin.post(f"{path}/delete")
    assert not Connection.objects.exists()


def test_what_cannot_be_opened_is_told_in_the_list(
    as_admin: Client, real_connection: Connection
) -> None:
    Connection.objects.filter(pk=real_connection.pk).update(sealed="what no key opens")
    assert "No sealing key that is here opens its credential" in text(as_admin, "/connections")
    assert "Rotate credential" in text(as_admin, f"/connections/{real_connection.pk}")
    assert not rotation.can_undo(real_connection)
