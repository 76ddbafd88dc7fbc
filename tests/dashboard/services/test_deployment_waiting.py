"""What fails before an operation begins, and what waits."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from dashboard.models import Connection, Deployment, Pipeline, Version
from dashboard.services import deployments, leases, pipelines, plans
from tests.dashboard.services.begun import texts


@pytest.fixture
def some_engine(settings: Any, tmp_path: Path) -> None:
    """Enough of an engine to be found; none of these tests comes as far as to use it."""
    binary = tmp_path / "engine" / "bin" / "pulumi"
    binary.parent.mkdir(parents=True)
    binary.write_text("#!/bin/sh\necho v3.256.0\n")
    binary.chmod(0o755)
    settings.ENGINE_ROOT = str(tmp_path / "engine")


def failed(row: Deployment) -> str:
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert (row.status, row.lease_until) == ("failed", None)
    assert texts(row) == [(1, row.error["summary"])]
    return str(row.error["summary"])


def test_a_wrong_sealing_key_is_said(
    some_engine: None, pipeline: Pipeline, new_deployment: Any, settings: Any
) -> None:
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    assert "SKYCLOCK_SEALING_KEYS" in failed(new_deployment(pipeline))


def test_a_connection_disabled_meanwhile_is_said(
    some_engine: None, pipeline: Pipeline, new_deployment: Any
) -> None:
    Connection.objects.update(enabled=False)
    assert "disabled" in failed(new_deployment(pipeline))


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_while_the_process_starts_slowly(
    some_engine: None, pipeline: Pipeline, new_deployment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(request: Any) -> None:
        Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        deadline = time.monotonic() + 60
        while leases.expired().exists():
            assert time.monotonic() < deadline, "another worker would take it for dead"
            time.sleep(0.01)
        raise OSError("no process today")

    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(deployments.operations, "start", slow)
    assert failed(new_deployment(pipeline)) == "no process today"


def test_a_plan_that_is_gone_is_said(
    some_engine: None, pipeline: Pipeline, new_deployment: Any
) -> None:
    version = pipeline.current_version
    assert version
    preview = new_deployment(
        pipeline, "preview", status="succeeded", started_at=timezone.now(),
        spec_digest=plans.digest(pipelines.spec_for(pipeline, version)),
    )  # fmt: skip
    row = new_deployment(pipeline, plan=preview)
    assert failed(row) == "The plan is not kept any more."
    assert (row.error["code"], row.error["hint"][:13]) == ("plan_stale", "Preview again")


def test_a_plan_that_became_stale_in_the_queue_is_not_applied(
    some_engine: None, pipeline: Pipeline, new_deployment: Any
) -> None:
    preview = new_deployment(
        pipeline, "preview", status="succeeded", started_at=timezone.now(), spec_digest="old"
    )
    plan = plans.plan_file(preview)
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")
    row = new_deployment(pipeline, plan=preview)
    assert "changed since: its name, or a pause" in failed(row)
    assert (row.error["code"], row.started_at) == ("plan_stale", None)
    pipeline.refresh_from_db()
    assert not pipeline.may_exist_in_cloud  # nothing was begun


def test_a_fault_of_our_own_leaves_an_outcome_and_is_raised(
    some_engine: None, pipeline: Pipeline, new_deployment: Any
) -> None:
    row = new_deployment(pipeline)
    Version.objects.update(triggers=[{"kind": "unknown"}])
    with pytest.raises(KeyError):
        deployments.execute(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error["summary"]) == ("failed", "Skyclock itself failed: KeyError")


def test_without_an_engine_it_waits_and_says_for_what(
    pipeline: Pipeline, new_deployment: Any, settings: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", "")
    settings.ENGINE_ROOT, settings.ENGINE_CACHE = None, tmp_path / "none"
    row = new_deployment(pipeline, enqueued_at=timezone.now())
    told = tmp_path / "engine.json"
    for text, phase_text in (
        (None, "waiting for the Pulumi engine: it is going to be prepared"),
        ('{"state": "preparing", "message": "Building, 40%"}',
         "waiting for the Pulumi engine: Building, 40%"),
        ('{"state": "ready", "message": "Pulumi 3"}',
         "waiting for the Pulumi engine: it was here and is gone from this machine"),
    ):  # fmt: skip
        if text:
            told.write_text(text)
        deployments.execute(row.pk)
        row.refresh_from_db()
        assert (row.status, row.phase, row.enqueued_at) == ("queued", phase_text, None)


def test_an_engine_that_settings_name_wrongly_is_waited_for(
    pipeline: Pipeline, new_deployment: Any, settings: Any
) -> None:
    settings.ENGINE_ROOT = "/nowhere"
    row = new_deployment(pipeline)
    deployments.execute(row.pk)
    row.refresh_from_db()
    assert row.status == "queued"
    assert "/nowhere" in row.phase


def test_when_all_slots_are_taken_it_waits(
    pipeline: Pipeline, new_deployment: Any, settings: Any
) -> None:
    row = new_deployment(pipeline)
    held = [deployments._slots.acquire(blocking=False) for _ in range(settings.DEPLOYMENT_SLOTS)]
    try:
        deployments.execute(row.pk)
    finally:
        for _ in held:
            deployments._slots.release()
    row.refresh_from_db()
    assert (row.status, row.phase) == ("queued", "waiting for a free worker")
