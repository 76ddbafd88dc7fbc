"""What is said of a stack that a crash left, and what a repair is asked for."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dashboard import launch
from dashboard.models import Deployment, Pipeline, User
from dashboard.services import repairs
from provisioning.contracts.stacks import project_name
from provisioning.engine.backend import Backend
from provisioning.errors import NotPossible


@pytest.fixture
def backend(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    return Backend(
        tmp_path, tmp_path, project_name(pipeline.blueprint), pipeline.slug, passphrase=""
    )


@pytest.fixture
def interrupted(pipeline: Pipeline, new_deployment: Any) -> Deployment:
    row: Deployment = new_deployment(pipeline, status="interrupted")
    return row


def leave(backend: Backend, *pending: tuple[str, str, str]) -> None:
    """(step, type, name) of each step that was cut off."""
    backend.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    operations = [
        {"type": step, "resource": {"type": kind, "urn": f"urn:pulumi:s::p::{kind}::{name}"}}
        for step, kind, name in pending
    ]
    latest = {"resources": [], "pending_operations": operations}
    backend.checkpoint.write_text(json.dumps({"checkpoint": {"latest": latest}}))


def lock(backend: Backend, pid: int, host: str = "") -> None:
    backend.locks.mkdir(parents=True)
    values = {"pid": pid, "username": "u", "hostname": host or socket.gethostname()}
    values["timestamp"] = datetime.now(UTC).isoformat()
    (backend.locks / "0f.json").write_text(json.dumps(values))


def dead_pid() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_what_was_cut_off_is_told_in_words(backend: Backend, interrupted: Deployment) -> None:
    leave(
        backend,
        ("creating", "aws:s3/bucket:Bucket", "data"),
        ("deleting", "aws:iam/role:Role", "a"),
        ("deleting", "aws:iam/role:Role", "b"),
    )
    found = repairs.look(interrupted)
    assert found and found.possible
    assert found.sentences == (
        "1 creation was cut off: aws:s3/bucket data. Skyclock will ask AWS for it and take it "
        "over, or create it anew.",
        "2 deletions were cut off: aws:iam/role a, aws:iam/role b. Skyclock will ask AWS what is "
        "still there, and go on from that.",
    )


def test_the_lock_of_a_dead_engine_is_told_and_repaired(
    backend: Backend, interrupted: Deployment, member: User
) -> None:
    lock(backend, dead_pid())
    found = repairs.look(interrupted)
    assert found and found.possible
    assert "which is dead: no such process runs here" in found.sentences[0]
    row = launch.request_repair(actor=member, deployment=interrupted)
    assert (row.operation, row.retry_of, row.status) == ("up", interrupted, "queued")
    assert repairs.look(interrupted) is None, "the later one looks after it"


def test_a_lock_that_may_be_alive_is_not_removed(
    backend: Backend, interrupted: Deployment, member: User
) -> None:
    lock(backend, 812, "w1")
    found = repairs.look(interrupted)
    assert found and not found.possible
    assert "process 812 on w1" in found.sentences[0] and "may be alive" in found.sentences[0]
    with pytest.raises(NotPossible, match="w1"):
        launch.request_repair(actor=member, deployment=interrupted)
    assert list(backend.locks.iterdir())


def test_where_nothing_was_left_it_says_so_and_offers_no_repair(
    backend: Backend, interrupted: Deployment, member: User, sign_in: Any
) -> None:
    found = repairs.look(interrupted)
    assert found and found.sentences == (repairs.CLEAN,)
    text = sign_in(member).get(f"/deployments/{interrupted.pk}").content.decode()
    assert "There is nothing to repair: a retry goes on" in text
    assert "Repair and resume" not in text and '"btn btn-primary">Retry deploy' in text


@pytest.mark.parametrize(("status", "offered"), [("failed", True), ("succeeded", False)])
def test_a_repair_is_offered_where_something_was_left(
    backend: Backend, interrupted: Deployment, status: str, offered: bool
) -> None:
    interrupted.status = status
    assert repairs.look(interrupted) is None
    leave(backend, ("updating", "aws:iam/role:Role", "a"))
    assert bool(repairs.look(interrupted)) is offered


def test_the_page_explains_and_offers_it(
    backend: Backend, interrupted: Deployment, member: User, sign_in: Any
) -> None:
    as_member = sign_in(member)
    leave(backend, ("creating", "aws:s3/bucket:Bucket", "data"))
    text = as_member.get(f"/deployments/{interrupted.pk}").content.decode()
    assert "1 creation was cut off: aws:s3/bucket data" in text
    assert "Repair and resume" in text
    assert text.count("btn-primary") == 1
    answer = as_member.post(f"/deployments/{interrupted.pk}/repair")
    newest = Deployment.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, f"/deployments/{newest.pk}")
    assert newest.retry_of == interrupted


def test_something_that_is_still_at_work_is_waited_for(
    backend: Backend, interrupted: Deployment
) -> None:
    lock(backend, os.getpid())
    backend.guard.parent.mkdir(parents=True)
    holder = subprocess.Popen(["flock", str(backend.guard), "sleep", "60"])
    try:
        found = None
        for _ in range(200):
            found = repairs.look(interrupted)
            if found and found.sentences == (repairs.AT_WORK,):
                break
        assert found and found.possible and found.sentences == (repairs.AT_WORK,)
    finally:
        holder.kill()
        holder.wait()
