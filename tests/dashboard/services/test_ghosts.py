"""The ghost hunt: what is found, what is not mistaken for one, and what people do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard import launch
from dashboard.models import AuditEntry, Connection, Deployment, Ghost, Hunt, Pipeline, User
from dashboard.services import connections, ghosts, hunts, leaving, pipelines
from provisioning.blueprints import registry
from provisioning.errors import CloudAway, InvalidInput, NotPossible
from provisioning.errors import PermissionDenied as Forbidden
from tests.dashboard.services.haunted import ARN, HauntedAccount, native

TARGET = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/skyclock-churn"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> HauntedAccount:
    found = HauntedAccount()
    monkeypatch.setattr(registry, "hunter", lambda cloud: found)
    return found


@pytest.fixture
def owner(deployed: Pipeline, new_deployment: Any) -> Pipeline:
    """Deployed with its one schedule, skyclock-churn-t1, which the cloud confirms."""
    Pipeline.objects.update(outputs={"pipeline_arn": TARGET})
    deployed.triggers.update(state="active", verified_at=timezone.now())
    new_deployment(deployed, status="succeeded", finished_at=timezone.now() - timedelta(hours=1))
    deployed.refresh_from_db()
    return deployed


def look(connection: Connection) -> list[Ghost]:
    hunts.look(connection.pk)
    return list(Ghost.objects.filter(resolved_at=None).order_by("name"))


def test_what_belongs_to_a_pipeline_is_no_ghost(
    account: HauntedAccount, owner: Pipeline, connection: Connection
) -> None:
    account.there = [
        native("skyclock-churn-t1", targets=(TARGET,)),
        native("skyclock-churn-t1-2", targets=(TARGET,)),  # its second native schedule
        native("somebodys-own", targets=("arn:aws:lambda:eu-west-1:111122223333:function:x",)),
    ]
    assert look(connection) == []
    assert account.described_names == []  # only what is one costs a further call


def test_all_that_no_pipeline_owns_is_found_with_its_reason(
    account: HauntedAccount, owner: Pipeline, connection: Connection
) -> None:
    account.there = [
        native("a-strangers", targets=(TARGET,)),
        native("skyclock-churn-t7", targets=(TARGET,), running=False),
        native("skyclock-elsewhere-t1"),
    ]
    stranger, left, unknown = look(connection)
    assert (stranger.kind, stranger.pipeline) == ("foreign", owner)
    assert stranger.message == "It starts Churn, and Skyclock did not make it."
    assert (left.kind, left.pipeline, left.running) == ("unowned", owner, False)
    assert left.message == "No trigger of Churn asks for it."
    assert (unknown.kind, unknown.pipeline) == ("unowned", None)
    assert unknown.native == "cron(0 6 * * ? *) UTC"


def test_what_a_deleted_pipeline_left_is_named_after_it(
    account: HauntedAccount, owner: Pipeline, connection: Connection, member: User
) -> None:
    Pipeline.objects.update(may_exist_in_cloud=False, deployed_version=None)
    account.there = [native("skyclock-churn-t1")]
    (ghost,) = look(connection)
    assert ghost.message == "Churn was destroyed, and this was left in the cloud."
    pipelines.delete(actor=member, pipeline=owner)
    (ghost,) = look(connection)
    assert ghost.message == "Churn was deleted, and this was left in the cloud."


def test_what_a_pipeline_had_that_was_let_go_of_is_left_in_peace(
    account: HauntedAccount, owner: Pipeline, connection: Connection, member: User
) -> None:
    account.there = [native("skyclock-churn-t1", targets=(TARGET,))]
    leaving.let_go(actor=member, pipeline=owner, typed=owner.name)
    owner.triggers.update(state="paused")  # by whoever looks after it now
    assert look(connection) == []
    account.there.append(native("a-strangers", targets=(TARGET,)))
    assert look(connection) == [], "what starts it is no affair of ours any more"
    account.there.append(native("skyclock-churn-t9"))
    (ghost,) = look(connection)
    assert ghost.message == "Skyclock let go of Churn, and it did not have this then."


@pytest.mark.parametrize("status", ["running", "failed", "interrupted"])
def test_what_a_deployment_is_making_is_no_ghost(
    status: str, account: HauntedAccount, owner: Pipeline, connection: Connection,
    new_deployment: Any,
) -> None:  # fmt: skip
    new_deployment(owner, status=status)
    account.there = [native("skyclock-churn-t2")]
    assert look(connection) == []


def test_a_deployment_that_ended_during_the_look_makes_none(
    account: HauntedAccount, owner: Pipeline, connection: Connection, new_deployment: Any
) -> None:
    account.there = [native("skyclock-churn-t2")]
    new_deployment(owner, status="succeeded", finished_at=timezone.now() + timedelta(seconds=9))
    assert look(connection) == []


# ── Triggers ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("state", "kind"), [("paused", "stopped"), ("missing", "missing")])
def test_a_trigger_that_ought_to_fire_and_does_not_is_one(
    state: str, kind: str, account: HauntedAccount, owner: Pipeline, connection: Connection
) -> None:
    owner.triggers.update(state=state)
    (ghost,) = look(connection)
    assert (ghost.kind, ghost.trigger, ghost.in_cloud) == (kind, owner.triggers.get(), False)
    owner.triggers.update(state="active")
    assert look(connection) == []


@pytest.mark.parametrize("how", ["paused by people", "resumed just now", "being deployed"])
def test_one_that_is_being_seen_to_is_none(
    how: str, account: HauntedAccount, owner: Pipeline, connection: Connection, new_deployment: Any
) -> None:
    trigger = owner.triggers.get()
    owner.triggers.update(state="paused")
    if how == "paused by people":
        owner.triggers.update(paused=True)
    elif how == "resumed just now":
        AuditEntry.objects.create(
            action="trigger.resume", subject_kind="trigger", subject_id=trigger.pk
        )
    else:
        new_deployment(owner, status="running")
    assert look(connection) == []


# ── Looking ─────────────────────────────────────────────────────────────────────────


def test_a_look_that_fails_changes_no_row_and_waits_longer_each_time(
    account: HauntedAccount, owner: Pipeline, connection: Connection
) -> None:
    account.there = [native("skyclock-elsewhere-t1")]
    look(connection)
    account.there, account.error = [], CloudAway("Nobody there.")
    pauses = []
    for _ in range(3):
        began = timezone.now()
        with pytest.raises(CloudAway):
            look(connection)
        pauses.append(round((Hunt.objects.get().due_at - began).total_seconds()))
    assert pauses == [60, 120, 240]
    assert (Hunt.objects.get().error, Hunt.objects.get().lease_until) == ("Nobody there.", None)
    assert Ghost.objects.get().resolved_at is None
    account.error = None
    assert look(connection) == []
    assert (Hunt.objects.get().error, Hunt.objects.get().failures) == ("", 0)


def test_a_kind_that_may_not_be_listed_hides_no_other_and_ends_nothing(
    account: HauntedAccount, owner: Pipeline, connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    rule = native("skyclock-old-t9", kind="EventBridge rule", cloud_id="rule")
    account.there = [native("skyclock-elsewhere-t1"), rule]
    assert len(look(connection)) == 2

    def forbidden(session: Any, kind: str) -> Any:
        if kind == rule.kind:
            raise Forbidden("You may not list rules.")
        return iter(())

    monkeypatch.setattr(account, "listed", forbidden)
    (left,) = look(connection)
    assert left.what == rule.kind
    assert Hunt.objects.get().error == "EventBridge rule: You may not list rules."
    assert (Hunt.objects.get().failures, hunts.due()) == (0, [])


def test_one_account_is_looked_at_once(
    account: HauntedAccount, owner: Pipeline, connection: Connection, admin: User
) -> None:
    second = Connection.objects.create(
        name="The same", cloud="aws", account=connection.account, region=connection.region
    )
    Pipeline.objects.filter(pk=owner.pk).update(connection=second)
    account.there = [native("skyclock-churn-t1", targets=(TARGET,))]
    assert hunts.due() == [second.pk]  # the first deployed nothing
    assert look(connection) == []  # and yet knows what the other one owns


def test_what_one_connection_found_another_follows(
    account: HauntedAccount, owner: Pipeline, connection: Connection, admin: User
) -> None:
    account.there = [native("skyclock-elsewhere-t1")]
    (before,) = look(connection)
    second = connections.create_sandbox(actor=admin, name="The same", cloud="aws")
    (same,) = look(second)
    assert (same.pk, same.connection) == (before.pk, second)
    account.there = []
    assert look(second) == []


def test_it_is_looked_at_when_its_time_has_come(
    account: HauntedAccount, owner: Pipeline, connection: Connection, messages: Any
) -> None:
    launch.enqueue_due_hunts()
    launch.enqueue_due_hunts()
    assert [name for name, _ in messages()] == ["dashboard.tasks.hunt_ghosts"]
    look(connection)
    assert hunts.due() == []
    hunts.soon(connection)
    assert hunts.due() == [connection.pk]
    Connection.objects.update(enabled=False)
    assert hunts.due() == []


def test_nobody_looks_while_somebody_does(
    account: HauntedAccount, owner: Pipeline, connection: Connection
) -> None:
    Hunt.objects.create(connection=connection, lease_until=timezone.now() + timedelta(minutes=1))
    look(connection)
    assert account.looks == 0
    Hunt.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    look(connection)
    assert account.looks == 1


# ── What people do ──────────────────────────────────────────────────────────────────


@pytest.fixture
def ghost(account: HauntedAccount, owner: Pipeline, connection: Connection) -> Ghost:
    account.there = [native("skyclock-elsewhere-t1")]
    return look(connection)[0]


def test_what_is_ignored_stays_so_until_it_changes(
    account: HauntedAccount, ghost: Ghost, connection: Connection, member: User
) -> None:
    ghosts.ignore(actor=member, ghost=ghost, note="Of the other one")
    (same,) = look(connection)
    assert (same.ignored_by, same.note) == (member, "Of the other one")
    account.pause(None, ghost.cloud_id)
    (changed,) = look(connection)
    assert (changed.pk, changed.ignored_at) == (ghost.pk, None)


def test_it_is_removed_by_an_admin_who_types_its_name(
    account: HauntedAccount, ghost: Ghost, connection: Connection, admin: User, member: User
) -> None:
    with pytest.raises(PermissionDenied):
        ghosts.remove(actor=member, ghost=ghost, confirm=ghost.name)
    with pytest.raises(InvalidInput, match="Type its name"):
        ghosts.remove(actor=admin, ghost=ghost, confirm="skyclock")
    assert len(account.there) == 1
    ghosts.remove(actor=admin, ghost=ghost, confirm=ghost.name)
    assert account.there == []
    assert ghost.resolved_at
    entry = AuditEntry.objects.get(action="ghost.remove")
    assert (entry.actor, entry.detail["cloud_id"]) == (admin, f"{ARN}skyclock-elsewhere-t1")
    with pytest.raises(NotPossible):
        ghosts.remove(actor=admin, ghost=ghost, confirm=ghost.name)


def test_it_is_paused_where_it_is(
    account: HauntedAccount, ghost: Ghost, connection: Connection, admin: User
) -> None:
    ghosts.pause(actor=admin, ghost=ghost)
    assert (ghost.running, account.there[0].running) == (False, False)
    assert AuditEntry.objects.filter(action="ghost.pause", actor=admin).exists()


def test_the_level_of_the_connection_limits_what_is_done(
    account: HauntedAccount, ghost: Ghost, connection: Connection, admin: User
) -> None:
    Connection.objects.update(level="run")
    ghost.connection.refresh_from_db()
    with pytest.raises(NotPossible, match="for run only"):
        ghosts.remove(actor=admin, ghost=ghost, confirm=ghost.name)
    assert len(account.there) == 1


def test_what_is_gone_is_deployed_anew_after_the_engine_was_told(
    owner: Pipeline, member: User
) -> None:
    Deployment.objects.all().delete()
    launch.bring_back(actor=member, pipeline=owner)
    asked = Deployment.objects.order_by("pk").values_list("operation", "status")
    assert list(asked) == [("refresh", "queued"), ("up", "queued")]


def test_what_was_edited_meanwhile_is_not_deployed_by_the_way(
    owner: Pipeline, member: User
) -> None:
    pipelines.update(actor=member, pipeline=owner, triggers=[])
    with pytest.raises(NotPossible, match="was edited since"):
        launch.bring_back(actor=member, pipeline=Pipeline.objects.get(pk=owner.pk))
