"""The bar of phases: what happened, what is to come, and whom it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Deployment, Pipeline, User
from dashboard.services import approvals
from dashboard.views.deployment_phases import phases
from tests.dashboard.views.conftest import NOW

NewDeployment = Callable[..., Deployment]


def seen(name: str, state: str = "finished") -> Mapping[str, Any]:
    finished = None if state == "started" else (NOW + timedelta(seconds=3)).isoformat()
    return {"phase": name, "state": state, "started": NOW.isoformat(), "finished": finished}


def states(deployment: Deployment) -> dict[str, str]:
    deployment.refresh_from_db()
    return {phase.name: phase.state for phase in phases(deployment)}


def put(deployment: Deployment, **values: object) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(**values)


@pytest.fixture
def asked(pipeline: Pipeline, new_deployment: NewDeployment) -> Deployment:
    return new_deployment(pipeline, needs_approval=True)


def test_those_to_come_are_shown_until_it_has_ended(running: Deployment) -> None:
    assert states(running) == {"prepare": "finished", "apply": "started", "verify": "waiting"}
    put(running, status="succeeded", phases=[seen("prepare"), seen("apply"), seen("verify")])
    assert states(running) == {"prepare": "finished", "apply": "finished", "verify": "finished"}


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
@pytest.mark.parametrize("told", ["started", "failed"])
def test_a_phase_that_was_cut_off_did_not_fail(running: Deployment, status: str, told: str) -> None:
    put(running, status=status, phases=[seen("prepare"), seen("apply", told)])
    assert states(running) == {"prepare": "finished", "apply": status}


def test_whose_plan_has_to_be_approved_says_so_from_the_start(asked: Deployment) -> None:
    assert list(states(asked).items()) == [
        ("prepare", "waiting"), ("preview", "waiting"), ("approve", "waiting"),
        ("apply", "waiting"), ("verify", "waiting"),
    ]  # fmt: skip


def test_waiting_for_approval_is_a_phase_of_its_own(
    as_member: Client, asked: Deployment, admin: User
) -> None:
    planned = [seen("prepare"), seen("preview")]
    put(asked, status="awaiting_approval", phases=planned)
    assert list(states(asked).items())[1:4] == [
        ("preview", "finished"), ("approve", "awaited"), ("apply", "waiting"),
    ]  # fmt: skip
    page = as_member.get(f"/deployments/{asked.pk}").content.decode()
    assert '<li class="phase phase-awaited" aria-current="step">' in page
    approvals.approve(actor=admin, deployment=asked)
    (approval,) = (phase for phase in phases(asked) if phase.name == "approve")
    assert approval.state == "finished"
    assert approval.started == NOW + timedelta(seconds=3)
    assert approval.finished == asked.decided_at


def test_one_that_names_a_preview_is_approved_first_and_plans_nothing(
    asked: Deployment, new_deployment: NewDeployment
) -> None:
    plan = new_deployment(asked.pipeline, operation="preview", status="succeeded")
    put(asked, status="awaiting_approval", plan=plan)
    assert list(states(asked).items()) == [
        ("approve", "awaited"), ("prepare", "waiting"), ("apply", "waiting"),
        ("verify", "waiting"),
    ]  # fmt: skip


def test_what_was_discarded_or_cancelled_came_no_further(asked: Deployment, admin: User) -> None:
    planned = [seen("prepare"), seen("preview")]
    put(asked, status="cancelled", phases=planned, finished_at=NOW + timedelta(minutes=1))
    assert list(states(asked)) == ["prepare", "preview", "approve"]
    assert states(asked)["approve"] == "cancelled"
    put(asked, status="awaiting_approval", finished_at=None)
    approvals.discard(actor=admin, deployment=asked)
    assert states(asked)["approve"] == "discarded"


def test_nobody_was_asked_to_approve_a_plan_that_could_not_be_made(asked: Deployment) -> None:
    put(asked, status="failed", phases=[seen("prepare"), seen("preview", "failed")])
    assert states(asked) == {"prepare": "finished", "preview": "failed"}
