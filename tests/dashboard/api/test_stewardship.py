"""Ghosts, Maintenance and Backfill over the API, in the shapes that it promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Connection, Deployment, Ghost, Maintenance, Occurrence, Pipeline
from dashboard.services import backfills
from provisioning.blueprints import registry
from provisioning.contracts import ParameterSpec
from tests.dashboard.api.conftest import Caller, fields
from tests.dashboard.services.haunted import ARN, HauntedAccount, native

MORNING = datetime(2027, 2, 2, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> HauntedAccount:
    found = HauntedAccount([native("skyclock-old-t1")])
    monkeypatch.setattr(registry, "hunter", lambda cloud: found)
    return found


@pytest.fixture
def ghost(connection: Connection, account: HauntedAccount) -> Ghost:
    now = timezone.now()
    return Ghost.objects.create(
        connection=connection, kind="unowned", name="skyclock-old-t1", what="EventBridge schedule",
        cloud_id=f"{ARN}skyclock-old-t1", first_seen=now, last_seen=now,
    )  # fmt: skip


@pytest.fixture
def missed(deployed: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[Occurrence]:
    specs = (ParameterSpec(name="Day", kind="string", default=""),)
    monkeypatch.setattr(backfills, "parameters", lambda pipeline: (specs, ""))
    now = timezone.now()
    Connection.objects.update(clock_ahead=MORNING + 3 * DAY - now, clock_seen_at=now)
    return [
        Occurrence.objects.create(
            pipeline=deployed, trigger=deployed.triggers.get(), due=MORNING + n * DAY,
            at=MORNING + n * DAY, status="missed", cause="It was stopped.", cause_code="x",
        )
        for n in range(2)
    ]  # fmt: skip


# ── Ghosts ──────────────────────────────────────────────────────────────────────────


def test_ghosts_are_listed_and_ignored(api: Caller, ghost: Ghost) -> None:
    (found,) = api.get("/ghosts")
    assert (found["id"], found["kind"], found["running"]) == (ghost.pk, "unowned", True)
    ignored = api.post(f"/ghosts/{ghost.pk}/ignore", {"note": "Not ours"})
    assert (ignored["note"], ignored["ignored_at"] is None) == ("Not ours", False)
    assert api.get("/ghosts?ignored=false") == []
    api.post(f"/ghosts/{ghost.pk}/ignore", {"ignored": False})
    assert len(api.get(f"/ghosts?ignored=false&connection={ghost.connection_id}")) == 1


def test_only_an_admin_changes_what_is_in_the_account(
    api: Caller, call_as: Any, admin: Any, ghost: Ghost, account: HauntedAccount
) -> None:
    wish = {"action": "remove", "confirm": ghost.name}
    api.post(f"/ghosts/{ghost.pk}/fix", wish, expect=403)
    boss = call_as(admin)
    wrong = boss.post(f"/ghosts/{ghost.pk}/fix", wish | {"confirm": "x"}, expect=422)
    assert list(fields(wrong)) == ["confirm"]
    assert boss.post(f"/ghosts/{ghost.pk}/fix", {"action": "pause"})["running"] is False
    assert boss.post(f"/ghosts/{ghost.pk}/fix", wish)["resolved_at"]
    assert (account.there, api.get("/ghosts")) == ([], [])
    assert len(api.get("/ghosts?resolved=true")) == 1


def test_a_missing_trigger_is_deployed_anew(api: Caller, ghost: Ghost, deployed: Pipeline) -> None:
    api.post(f"/ghosts/{ghost.pk}/fix", {"action": "redeploy"}, expect=409)
    Ghost.objects.update(kind="missing", pipeline=deployed, trigger=deployed.triggers.get())
    api.post(f"/ghosts/{ghost.pk}/fix", {"action": "redeploy"})
    asked = Deployment.objects.order_by("pk").values_list("operation", flat=True)
    assert list(asked) == ["refresh", "up"]
    api.post(f"/ghosts/{ghost.pk}/fix", {"action": "resume"}, expect=409)


# ── Maintenance ─────────────────────────────────────────────────────────────────────


def test_what_will_not_run_is_said_beforehand(
    api: Caller, deployed: Pipeline, connection: Connection
) -> None:
    span = {"since": "2027-02-01T00:00:00Z", "until": "2027-02-04T00:00:00Z"}
    (lost,) = api.post("/maintenance/preview", {"connection": connection.pk, **span})
    assert (lost["count"], lost["firings"][0]) == (3, "2027-02-01T05:00:00Z")
    deployed.triggers.update(paused=True)
    (paused,) = api.post("/maintenance/preview", {"pipelines": [deployed.pk], **span})
    assert (paused["count"], paused["why"]) == (0, "It is paused already.")
    assert not Maintenance.objects.exists()


def test_it_is_begun_looked_at_and_cancelled(
    api: Caller, deployed: Pipeline, connection: Connection
) -> None:
    since = (timezone.now() + DAY).isoformat()
    body = {"pipelines": [deployed.pk], "reason": "Move of the database", "since": since}
    made = api.post("/maintenance", body, expect=201)
    assert (made["state"], made["pipelines"], made["until"]) == ("planned", [deployed.pk], None)
    assert [row["id"] for row in api.get("/maintenance?open=true")] == [made["id"]]
    assert api.get(f"/maintenance/{made['id']}")["triggers"] == []
    assert api.post(f"/maintenance/{made['id']}/end")["state"] == "cancelled"
    assert api.get("/maintenance?open=true") == []
    api.post(f"/maintenance/{made['id']}/end", expect=409)


def test_what_is_wrong_is_said_at_its_field(api: Caller, connection: Connection) -> None:
    wrong = api.post("/maintenance", {"pipelines": [77], "connection": 99}, expect=422)
    assert list(fields(wrong)) == ["pipelines.0", "connection"]
    assert list(fields(api.post("/maintenance", {"reason": "x"}, expect=422))) == ["pipelines"]


# ── Backfill ────────────────────────────────────────────────────────────────────────


def test_what_was_missed_is_shown_and_then_started(
    api: Caller, deployed: Pipeline, missed: list[Occurrence]
) -> None:
    path = f"/pipelines/{deployed.pk}/backfills"
    shown = api.post(f"{path}/preview", {})
    assert [each["due"] for each in shown] == ["2027-02-02T05:00:00Z", "2027-02-03T05:00:00Z"]
    body = {"dues": ["2027-02-02T05:00:00Z"], "date_parameter": "Day", "per_minute": 2}
    made = api.post(path, body, expect=201)
    assert [(each["due"], each["state"]) for each in made["starts"]] == [
        ("2027-02-02T05:00:00Z", "waiting")
    ]
    assert len(api.post(f"{path}/preview", {})) == 1
    assert api.get(f"/backfills/{made['id']}")["date_parameter"] == "Day"
    backfills.release_due()
    (start,) = api.get(f"/pipelines/{deployed.pk}/starts")["items"]
    assert (start["kind"], start["parameters"]) == ("backfill", {"Day": "2027-02-02T05:00:00Z"})
    assert api.post(f"/backfills/{made['id']}/stop")["state"] == "stopped"


def test_what_is_not_missing_cannot_be_started(
    api: Caller, deployed: Pipeline, missed: list[Occurrence]
) -> None:
    path = f"/pipelines/{deployed.pk}/backfills"
    wrong = api.post(path, {"dues": ["2027-02-02T06:00:00Z"]}, expect=422)
    assert list(fields(wrong)) == ["dues.0"]
    assert list(fields(api.post(path, {"per_minute": 0}, expect=422))) == ["per_minute"]
    nothing = {"until": "2027-01-05T00:00:00Z"}
    assert list(fields(api.post(path, nothing, expect=422))) == ["occurrences"]
