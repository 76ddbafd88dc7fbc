"""A credential's life: entered anew, switched, put back, forgotten; disabled and enabled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard import tasks
from dashboard.audit import Purpose
from dashboard.models import AuditEntry, Connection, ConnectionTest, Deployment, Pipeline, User
from dashboard.services import (
    connections,
    deployments,
    expiries,
    history,
    hunts,
    rotation,
    switching,
)
from dashboard.services.opening import access_for
from provisioning import checks, clouds
from provisioning.checks import Report
from provisioning.contracts import Access, Check
from provisioning.errors import InUse, InvalidInput, NotPossible
from tests.dashboard.conftest import person

KEYS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "region": "eu-west-1",
}
OTHER = {**KEYS, "access_key_id": "AKIAIOSFODNN7EXAMPL2"}
ROLE = {
    "role_arn": "arn:aws:iam::111122223333:role/skyclock", "external_id": "sky-1234",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": KEYS["secret_access_key"],
    "region": "eu-west-1",
}  # fmt: skip


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cloud says this account; what was tried is kept."""
    tried: list[str] = []

    def identity(access: Access) -> str:
        tried.append(access.credential.reveal("access_key_id") or "")
        return "111122223333"

    monkeypatch.setattr(clouds, "check_identity", identity)
    return tried


@pytest.fixture
def real(admin: User, entered: list[str]) -> Connection:
    return connections.create(
        actor=admin, name="prod", cloud="aws", method="access_keys", level="deploy", credential=KEYS
    )


def key_of(row: Connection) -> str | None:
    return access_for(row).credential.reveal("access_key_id")


def rotated(admin: User, row: Connection, **more: Any) -> Connection:
    return rotation.rotate(actor=admin, connection=row, **{"credential": OTHER, **more})


def test_what_opened_another_place_cannot_be_put_back(admin: User, real: Connection) -> None:
    rotated(admin, real, credential={**OTHER, "region": "eu-central-1"})
    assert (real.region, real.sealed_before) == ("eu-central-1", "")
    with pytest.raises(NotPossible):
        rotation.undo(actor=admin, connection=real)
    assert key_of(real) == OTHER["access_key_id"]


# ── Rotating ────────────────────────────────────────────────────────────────────────


def test_the_new_one_is_entered_and_the_old_one_kept_for_a_day(
    admin: User, real: Connection, entered: list[str]
) -> None:
    rotated(admin, real)
    assert entered[-1] == OTHER["access_key_id"] == key_of(real)
    assert timedelta(hours=23) < real.before_until - timezone.now() <= timedelta(hours=24)
    assert rotation.can_undo(real)
    rotation.undo(actor=admin, connection=real)
    assert key_of(real) == KEYS["access_key_id"]
    assert not real.sealed_before and not rotation.can_undo(real)
    with pytest.raises(NotPossible, match="not any more"):
        rotation.undo(actor=admin, connection=real)


def test_after_a_day_it_is_forgotten(admin: User, real: Connection) -> None:
    rotated(admin, real)
    assert rotation.forget_due() == 0
    Connection.objects.update(before_until=timezone.now() - timedelta(seconds=1))
    real.refresh_from_db()
    with pytest.raises(NotPossible):
        rotation.undo(actor=admin, connection=real)
    tasks.tick()
    real.refresh_from_db()
    assert (real.sealed_before, real.before_until) == ("", None)
    assert key_of(real) == OTHER["access_key_id"]
    assert AuditEntry.objects.filter(action="connection.forget", connection=real).count() == 1


def test_a_new_key_does_not_keep_the_session_of_the_one_before(
    admin: User, entered: list[str]
) -> None:
    temporary = {**KEYS, "access_key_id": "ASIAIOSFODNN7EXAMPLE", "session_token": "ends soon"}
    row = connections.create(
        actor=admin, name="brief", cloud="aws", method="access_keys", level="run",
        credential=temporary,
    )  # fmt: skip
    lasting = {name: KEYS[name] for name in ("access_key_id", "secret_access_key")}
    connections.update(actor=admin, connection=row, credential=lasting)
    opened = access_for(row).credential
    assert opened.reveal("access_key_id") == KEYS["access_key_id"]
    assert opened.reveal("session_token") is None


def test_the_method_may_change_and_comes_back(admin: User, real: Connection) -> None:
    fields = clouds.credential_schema(clouds.Cloud.AWS, "role")["properties"]
    role = {name: value for name, value in ROLE.items() if name in fields}
    rotated(admin, real, method="role", credential=role)
    assert real.method == "role"
    rotation.undo(actor=admin, connection=real)
    assert real.method == "access_keys"


def test_what_the_cloud_refuses_changes_nothing(
    admin: User, real: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = real.sealed
    monkeypatch.setattr(clouds, "check_identity", lambda access: "999999999999")
    connections.create_sandbox(actor=admin, name="other", cloud="aws")
    Pipeline.objects.create(
        name="p", slug="p", connection=real, blueprint="aws_sagemaker_pipeline", created_by=admin
    )
    with pytest.raises(InvalidInput, match="opens account 999999999999"):
        rotated(admin, real)
    real.refresh_from_db()
    assert (real.sealed, real.rotation, real.sealed_before) == (sealed, 0, "")


def test_what_may_less_than_the_old_one_is_not_switched_to(
    admin: User, real: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [{"name": "identity", "result": "pass"}, {"name": "list", "result": "pass"}]
    ConnectionTest.objects.create(
        connection=real, level="deploy", status="finished", checks=passed, due_at=timezone.now()
    )
    found = Report(checks=(Check(name="list", result="fail", message="Grant s3:List*."),))
    monkeypatch.setattr(checks, "run", lambda *args, **more: found)
    with pytest.raises(InvalidInput, match=r"Nothing was switched.*list: Grant s3:List\*"):
        rotated(admin, real)
    assert key_of(real) == KEYS["access_key_id"]


def test_the_later_of_two_admins_is_told(
    admin: User, real: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoe = person("zoe", User.Role.ADMIN)
    seen = real.rotation
    mine = Connection.objects.get(pk=real.pk)
    rotated(zoe, real)
    with pytest.raises(NotPossible, match="zoe changed the credential of prod"):
        rotated(admin, Connection.objects.get(pk=real.pk), seen=seen)
    with pytest.raises(NotPossible, match="zoe changed"):
        rotated(admin, mine, credential=KEYS)  # read before, tested while zoe switched
    assert key_of(real) == OTHER["access_key_id"]


def test_who_opened_the_old_one_keeps_it(admin: User, real: Connection) -> None:
    """As the request that a running operation was given: a value of its own."""
    opened = access_for(real, Purpose.DEPLOYMENT)
    rotated(admin, real)
    assert opened.credential.reveal("access_key_id") == KEYS["access_key_id"]


def test_deleting_forgets_the_old_one_as_well(admin: User, real: Connection) -> None:
    rotated(admin, real)
    Pipeline.objects.create(
        name="p", slug="p", connection=real, blueprint="aws_sagemaker_pipeline", created_by=admin,
        archived_at=timezone.now(),
    )  # fmt: skip
    connections.delete(actor=admin, connection=real)
    row = Connection.objects.get(pk=real.pk)
    assert (row.sealed, row.sealed_before) == ("", "")


def test_what_uses_it_is_named(admin: User, pipeline: Pipeline) -> None:
    with pytest.raises(InUse) as caught:
        connections.delete(actor=admin, connection=pipeline.connection)
    assert caught.value.used_by == ((pipeline.pk, "Churn"),)


# ── Disabling ───────────────────────────────────────────────────────────────────────


def test_disabled_holds_at_once_for_what_was_queued(
    admin: User, deployed: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    row = new_deployment(deployed)
    loaded = Connection.objects.get(pk=deployed.connection_id)  # by a worker, before
    switching.switch(actor=admin, connection=deployed.connection, enabled=False)
    with pytest.raises(NotPossible, match="is disabled"):
        access_for(loaded, Purpose.DEPLOYMENT)
    with pytest.raises(NotPossible, match="is disabled"):
        history.sync(deployed)
    assert hunts.due() == []
    deployed.refresh_from_db()
    assert "is disabled" in deployed.sync_error
    assert switching.waiting_on(loaded) == 1
    assert row.status == "queued"


def test_enabling_has_it_looked_at_again(admin: User, deployed: Pipeline) -> None:
    connection = deployed.connection
    for enabled in (False, False, True, True):
        switching.switch(actor=admin, connection=connection, enabled=enabled)
    deployed.refresh_from_db()
    assert deployed.sync_due_at <= timezone.now()
    assert connection.disabled_at is None and connection.enabled
    written = AuditEntry.objects.filter(connection=connection).values_list("action", flat=True)
    assert list(written)[:2] == ["connection.enable", "connection.disable"]
    assert AuditEntry.objects.filter(action="connection.disable").count() == 1


def test_a_running_deployment_is_left_alone(
    admin: User, deployed: Pipeline, new_deployment: Callable[..., Deployment]
) -> None:
    row = new_deployment(deployed, status="running", started_at=timezone.now())
    switching.switch(actor=admin, connection=deployed.connection, enabled=False)
    row.refresh_from_db()
    assert row.status == "running" and row.cancel_requested_at is None
    assert switching.running_on(deployed.connection) == [row]


def test_a_disabled_one_can_still_be_tested(admin: User, real: Connection) -> None:
    switching.switch(actor=admin, connection=real, enabled=False)
    assert access_for(real, Purpose.TEST)


# ── Expiry ──────────────────────────────────────────────────────────────────────────


def test_each_reminder_comes_once(admin: User, real: Connection) -> None:
    now = timezone.now()

    def ends(**left: float) -> list[int]:
        Connection.objects.filter(pk=real.pk).update(expires_at=now + timedelta(**left))
        expiries.remind_due()
        expiries.remind_due()
        entries = AuditEntry.objects.filter(action__startswith="connection.expir").order_by("id")
        return [entry.detail["days"] for entry in entries]

    assert ends(days=31) == []
    assert ends(days=29) == [30]
    assert ends(days=6.9) == [30, 7]
    assert ends(hours=23) == [30, 7, 1]
    assert ends(hours=-1) == [30, 7, 1, 0]
    rotated(admin, real, expires_at=now + timedelta(days=5))
    assert (real.expiry_source, real.reminded_days) == ("typed", None)
    assert ends(days=5) == [30, 7, 1, 0, 7]


# ── Uses ────────────────────────────────────────────────────────────────────────────


def test_uses_that_come_often_share_a_row(real: Connection) -> None:
    for purpose in (*[Purpose.SYNC] * 3, Purpose.HUNT, *[Purpose.DISCOVERY] * 2):
        access_for(real, purpose)
    entries = AuditEntry.objects.filter(connection=real, action__startswith="use.")
    assert sorted(entries.values_list("action", "count")) == [
        ("use.discovery", 2), ("use.hunt", 1), ("use.sync", 3),
    ]  # fmt: skip
    assert all(entry.source == "worker" for entry in entries)
    real.refresh_from_db()
    assert timezone.now() - real.last_used_at < timedelta(seconds=60)


def test_every_other_use_has_a_row_of_its_own(admin: User, real: Connection) -> None:
    for purpose in (Purpose.TEST, Purpose.CHANGE, Purpose.TEST):
        access_for(real, purpose, actor=admin)
    found = AuditEntry.objects.filter(action__startswith="use.").values_list("action", "actor")
    assert sorted(found) == [
        ("use.change", admin.pk), ("use.test", admin.pk), ("use.test", admin.pk),
    ]  # fmt: skip


def test_no_entry_holds_a_secret(admin: User, real: Connection) -> None:
    rotated(admin, real)
    rotation.undo(actor=admin, connection=real)
    told = "".join(map(str, AuditEntry.objects.values_list("detail", "subject_name")))
    assert KEYS["secret_access_key"] not in told


@pytest.mark.engine
def test_deployments_are_refused_by_the_worker(
    admin: User, deployed: Pipeline, new_deployment: Callable[..., Deployment], engine: Any
) -> None:
    row = new_deployment(deployed)
    switching.switch(actor=admin, connection=deployed.connection, enabled=False)
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert row.status == "failed" and "is disabled" in row.error["summary"]
