from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from dashboard.models import AuditEntry, Connection, Pipeline, User
from dashboard.services import connections
from dashboard.services.entering import require_level
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.contracts import Access, Level
from provisioning.errors import CloudAway, InvalidInput, NotPossible
from provisioning.errors import PermissionDenied as CloudSaysNo

KEYS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "region": "eu-central-1",
}
NEW = {"name": "Production", "cloud": "aws", "method": "access_keys", "level": "deploy"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the cloud says whose credential it is; AWS itself is out of a unit test's reach."""
    says = ["999988887777"]

    def answer(access: Access) -> str:
        assert access.account == "" or access.account.isdigit()
        return says[-1]

    monkeypatch.setattr(clouds, "check_identity", answer)
    return says


def fields(caught: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.field for problem in caught.value.problems]


def test_the_account_is_what_the_cloud_says(admin: User, account: list[str]) -> None:
    row = connections.create(actor=admin, **NEW, credential=KEYS)
    row.refresh_from_db()
    assert (row.account, row.region, row.sandbox) == ("999988887777", "eu-central-1", False)
    assert KEYS["secret_access_key"] not in row.sealed
    access = access_for(row)
    assert access.credential.reveal("secret_access_key") == KEYS["secret_access_key"]
    assert (access.account, access.region, access.sandbox) == (row.account, row.region, None)


def test_the_audit_entry_holds_no_secret(admin: User, account: list[str]) -> None:
    connections.create(actor=admin, **NEW, credential=KEYS)
    entry = AuditEntry.objects.get(action="connection.create")
    assert entry.actor == admin
    assert KEYS["secret_access_key"] not in str(entry.detail)


def test_members_may_not(member: User, connection: Connection) -> None:
    for refused in (
        lambda: connections.create(actor=member, **NEW, credential=KEYS),
        lambda: connections.create_sandbox(actor=member, name="Mine", cloud="aws"),
        lambda: connections.update(actor=member, connection=connection, enabled=False),
        lambda: connections.delete(actor=member, connection=connection),
    ):
        with pytest.raises(PermissionDenied):
            refused()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Sandbox AWS"}, "name"),
        ({"cloud": "oracle"}, "cloud"),
        ({"level": "god"}, "level"),
        ({"method": "magic"}, "method"),
        ({"credential": {**KEYS, "region": "mars-1"}}, "credential.region"),
        ({"credential": {**KEYS, "secret_access_key": ""}}, "credential.secret_access_key"),
        ({"credential": {**KEYS, "surplus": "1"}}, "credential.surplus"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    admin: User, account: list[str], connection: Connection, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        connections.create(actor=admin, **{**NEW, "credential": KEYS, **wrong})
    assert fields(caught) == [field]
    assert Connection.objects.count() == 1
    assert KEYS["secret_access_key"] not in str(caught.value)


def test_a_refused_credential_is_a_problem_of_that_field(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(access: Access) -> str:
        raise CloudSaysNo("AWS does not know this access key.", code="InvalidClientTokenId")

    monkeypatch.setattr(clouds, "check_identity", refuse)
    with pytest.raises(InvalidInput, match="does not know") as caught:
        connections.create(actor=admin, **NEW, credential=KEYS)
    assert fields(caught) == ["credential"]
    assert not Connection.objects.exists()


def test_a_cloud_that_is_away_loses_nothing_and_allows_nothing_yet(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(access: Access) -> str:
        raise CloudAway("AWS could not be reached.")

    monkeypatch.setattr(clouds, "check_identity", away)
    row = connections.create(actor=admin, **NEW, credential=KEYS)
    assert row.account == ""
    with pytest.raises(NotPossible, match="test the connection"):
        require_level(row, Level.OBSERVE)


def test_a_sandbox_connection_needs_no_credential(admin: User) -> None:
    row = connections.create_sandbox(actor=admin, name="Play", cloud="aws")
    access = access_for(row)
    assert access.sandbox is not None
    assert row.account in (access.credential.reveal("access_key_id") or "")


def test_without_a_sandbox_its_connections_say_so(connection: Connection, settings: object) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    with pytest.raises(NotPossible, match="no sandbox runs here"):
        access_for(connection)


def test_the_sandbox_connections_are_made_once(db: None) -> None:
    assert [row.name for row in connections.ensure_sandbox()] == [
        "Sandbox AWS",
        "Sandbox Azure",
        "Sandbox Google",
    ]
    assert connections.ensure_sandbox() == []


def test_those_that_an_older_installation_lacks_are_made(connection: Connection) -> None:
    made = connections.ensure_sandbox()
    assert [(row.cloud, row.sandbox) for row in made] == [("azure", True), ("google", True)]
    access = [access_for(row) for row in made]
    assert [one.account for one in access] == [row.account for row in made]
    assert [one.credential.method for one in access] == ["sandbox", "sandbox"]


def test_a_name_that_people_gave_away_does_not_stop_the_start(admin: User) -> None:
    for name in ("Sandbox Azure", "Sandbox Azure 2"):
        connections.create_sandbox(actor=admin, name=name, cloud="google")
    names = [row.name for row in connections.ensure_sandbox()]
    assert names == ["Sandbox AWS", "Sandbox Azure 3"]


def test_a_removed_sandbox_connection_is_made_again(admin: User) -> None:
    row, *_ = connections.ensure_sandbox()
    connections.delete(actor=admin, connection=row)
    assert len(connections.ensure_sandbox()) == 1


def test_updating_keeps_what_is_not_given(admin: User, connection: Connection) -> None:
    sealed = connection.sealed
    connections.update(actor=admin, connection=connection, level="observe", enabled=False)
    connection.refresh_from_db()
    assert (connection.level, connection.enabled) == ("observe", False)
    assert (connection.name, connection.sealed) == ("Sandbox AWS", sealed)


def test_a_new_credential_must_open_the_same_account(
    admin: User, account: list[str], new_pipeline: object
) -> None:
    row = connections.create(actor=admin, **NEW, credential=KEYS)
    new_pipeline("Churn", connection=row)
    rotated = {**KEYS, "access_key_id": "AKIAIOSFODNN7EXAMPL2"}
    connections.update(actor=admin, connection=row, credential=rotated)
    assert access_for(row).credential.reveal("access_key_id") == ("AKIAIOSFODNN7EXAMPL2")
    account.append("111111111111")
    with pytest.raises(InvalidInput, match="opens account 111111111111"):
        connections.update(actor=admin, connection=row, credential=KEYS)
    with pytest.raises(InvalidInput) as caught:
        elsewhere = {**KEYS, "region": "us-east-1"}
        connections.update(actor=admin, connection=row, credential=elsewhere)
    assert fields(caught) == ["credential.region"]


def test_deleting_says_where_it_is_used(admin: User, pipeline: Pipeline) -> None:
    with pytest.raises(NotPossible, match="Churn"):
        connections.delete(actor=admin, connection=pipeline.connection)
    assert connections.where_used(pipeline.connection) == ["Churn"]


def test_deleting_forgets_the_credential_and_keeps_history(admin: User, pipeline: Pipeline) -> None:
    Pipeline.objects.update(archived_at="2026-01-01T00:00Z")
    connections.delete(actor=admin, connection=pipeline.connection)
    row = Connection.objects.get()
    assert (row.sealed, row.enabled) == ("", False)
    assert row.removed_at
    with pytest.raises(NotPossible, match="is disabled"):
        access_for(row)
    assert connections.create_sandbox(actor=admin, name=row.name, cloud="aws").pk != row.pk


def test_deleting_an_unused_one_leaves_no_row(admin: User, connection: Connection) -> None:
    connections.delete(actor=admin, connection=connection)
    assert not Connection.objects.exists()
    assert AuditEntry.objects.filter(action="connection.delete").exists()
