"""The pages of Ghosts, Maintenance and Backfill, without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import (
    Backfill,
    Connection,
    Ghost,
    Hunt,
    Maintenance,
    Occurrence,
    Pipeline,
    Run,
    Start,
    Trigger,
)
from dashboard.services import backfills
from provisioning.contracts import ParameterSpec

MORNING = datetime(2027, 2, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
def ghost(connection: Connection) -> Ghost:
    now = timezone.now()
    return Ghost.objects.create(
        connection=connection, kind="unowned", name="skyclock-old-t1", what="EventBridge schedule",
        cloud_id="arn", message="Another Skyclock made it.", first_seen=now, last_seen=now,
    )  # fmt: skip


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_ghost_is_on_the_first_page_and_may_be_ignored(as_member: Client, ghost: Ghost) -> None:
    Pipeline.objects.create(name="Any", slug="any", connection=ghost.connection, blueprint="x")
    page = text(as_member.get("/ghosts"))
    assert "skyclock-old-t1" in page and "Another Skyclock made it." in page
    assert "Remove" not in page  # which is for admins
    answer = as_member.post(f"/ghosts/{ghost.pk}/ignore", {"note": "Not ours"})
    assert answer.status_code == 303
    assert "Ignored by mel: Not ours" in text(as_member.get("/ghosts"))


def test_a_look_at_a_simulated_account_says_that_it_is_one(
    as_member: Client, connection: Connection
) -> None:
    Hunt.objects.create(connection=connection, looked_at=timezone.now())
    for sandbox in (False, True):
        Connection.objects.update(sandbox=sandbox)
        assert ("simulated" in text(as_member.get("/ghosts"))) is sandbox


def test_a_ghost_needs_its_name_typed_to_go(as_admin: Client, ghost: Ghost) -> None:
    refused = as_admin.post(f"/ghosts/{ghost.pk}/remove", {"confirm": "old"})
    assert refused.status_code == 400
    assert "Type its name, skyclock-old-t1" in text(refused)


def test_a_maintenance_is_previewed_begun_and_shown(
    as_member: Client, trigger: Trigger, connection: Connection
) -> None:
    day = timezone.now().date() + timedelta(days=60)
    typed = {
        "reason": "Move of the database", "scope": "chosen", "pipelines": [trigger.pipeline_id],
        "since": f"{day}T00:00", "until": f"{day + timedelta(days=2)}T00:00",
    }  # fmt: skip
    shown = text(as_member.post("/maintenance/new", typed | {"do": "preview"}))
    assert "Will not run: 2 starts" in shown
    assert not Maintenance.objects.exists()
    answer = as_member.post("/maintenance/new", typed | {"do": "begin"})
    row = Maintenance.objects.get()
    assert answer["Location"] == f"/maintenance/{row.pk}"
    assert "Cancel maintenance" in text(as_member.get(f"/maintenance/{row.pk}"))
    assert "Move of the database" in text(as_member.get(f"/pipelines/{trigger.pipeline_id}"))
    as_member.post(f"/maintenance/{row.pk}/end")
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert "notice-warning" not in text(as_member.get(f"/pipelines/{trigger.pipeline_id}"))


def test_what_is_missing_in_the_form_is_said(as_member: Client, trigger: Trigger) -> None:
    assert "by the connection&#x27;s clock. Empty: now." in text(as_member.get("/maintenance/new"))
    refused = as_member.post("/maintenance/new", {"scope": "chosen", "do": "begin"})
    assert refused.status_code == 400
    assert "Choose at least one pipeline." in text(refused)


def test_a_maintenance_that_is_over_already_is_refused(as_member: Client, trigger: Trigger) -> None:
    typed = {"reason": "Too late", "scope": "chosen", "pipelines": [trigger.pipeline_id]}
    past = {"since": "2026-01-01T00:00", "until": "2026-01-02T00:00"}
    refused = as_member.post("/maintenance/new", typed | past | {"do": "begin"})
    assert refused.status_code == 400
    assert not Maintenance.objects.exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_maintenance_beyond_all_schedules_is_refused(
    as_member: Client, trigger: Trigger, moment: str
) -> None:
    typed = {"reason": "For ever", "scope": "chosen", "pipelines": [trigger.pipeline_id]}
    for field in ("since", "until"):
        refused = as_member.post("/maintenance/new", typed | {field: moment, "do": "preview"})
        assert refused.status_code == 400
        assert "Choose a year from 1970 to 2199." in text(refused)


def test_a_backfill_is_chosen_from_what_was_missed(
    as_member: Client, trigger: Trigger, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = (ParameterSpec(name="LogicalDate", kind="string", default=""),)
    monkeypatch.setattr(backfills, "parameters", lambda pipeline: (specs, ""))
    now = timezone.now()
    Connection.objects.update(clock_ahead=MORNING + timedelta(days=1) - now, clock_seen_at=now)
    pipeline = trigger.pipeline
    row = Occurrence.objects.create(
        pipeline=pipeline, trigger=trigger, due=MORNING, at=MORNING, status="missed",
        cause="The trigger was stopped.",
    )  # fmt: skip
    path = f"/pipelines/{pipeline.pk}/backfill"
    page = text(as_member.get(path))
    assert "1 start missing" in page and "The trigger was stopped." in page
    assert 'value="LogicalDate" selected' in page  # by its name
    typed = {"per_minute": 6, "at_once": 1, "date_parameter": "LogicalDate", "date_form": "date"}
    assert as_member.post(path, typed).status_code == 400  # nothing is ticked
    answer = as_member.post(path, typed | {"occurrence": [row.pk]})
    made = Backfill.objects.get()
    assert answer["Location"] == f"/backfills/{made.pk}"
    assert "1 start" in text(as_member.get(f"/backfills/{made.pk}"))
    assert "Nothing is missing" in text(as_member.get(path))


def test_the_ledger_says_what_was_made_up_for(as_member: Client, trigger: Trigger) -> None:
    pipeline = trigger.pipeline
    row = Occurrence.objects.create(
        pipeline=pipeline, trigger=trigger, due=MORNING, at=MORNING, status="missed"
    )
    run = Run.objects.create(
        pipeline=pipeline, cloud_id="r", status="succeeded", started=MORNING,
        trigger_kind="backfill", cause="backfill of 2027-02-02T05:00:00Z",
    )  # fmt: skip
    Start.objects.create(
        pipeline=pipeline, trigger=trigger, occurrence=row, key="backfill 1", run=run,
        cause=run.cause, state="started",
    )  # fmt: skip
    page = text(as_member.get(f"/pipelines/{pipeline.pk}/ledger/"))
    assert f'<span class="muted">backfilled</span> <a href="/runs/{run.pk}">' in page
    assert f'href="/pipelines/{pipeline.pk}/backfill"' in page
    assert "2027-02-02T05:00:00Z" in text(as_member.get(f"/runs/{run.pk}"))
