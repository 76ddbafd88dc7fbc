"""The whole life of a SageMaker pipeline's stack: real engine, real program, sandbox clouds."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.blueprints import registry
from provisioning.clouds import open_session
from provisioning.contracts import (
    Changes,
    EngineCommand,
    LogEvent,
    Operation,
    ResourceEvent,
    ScheduleSpec,
    StackSpec,
    TriggerState,
)
from tests.deployed_stack import DeployedStack
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

KIND = "aws_sagemaker_pipeline"
DAILY = ScheduleSpec(key="t1", cron="0 6 * * *", timezone="Europe/Berlin")


@pytest.fixture
def stack(
    tmp_path: Path, engine: EngineCommand, sandbox: SandboxProcess, request: pytest.FixtureRequest
) -> Iterator[DeployedStack]:
    slug = re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:40].strip("-")
    spec = StackSpec(
        pipeline_id=1, name="Churn model", slug=slug, blueprint=KIND,
        settings=registry.get(KIND).example(), triggers=(DAILY,), region=REGION, account=ACCOUNT,
    )  # fmt: skip
    deployed = DeployedStack(tmp_path, engine, sandbox.access(), spec)
    yield deployed
    if not deployed.checkpoint.exists():
        return
    outcome = deployed.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


def cloud(sandbox: SandboxProcess, slug: str) -> dict[str, list[str]]:
    """What boto3 sees of the stack."""
    session = open_session(sandbox.access())
    pipelines = session.client("sagemaker").list_pipelines()["PipelineSummaries"]
    schedules = session.client("scheduler").list_schedules()["Schedules"]
    roles = session.client("iam").list_roles()["Roles"]
    queues = session.client("sqs").list_queues().get("QueueUrls", [])
    found: dict[str, Any] = {
        "pipelines": [each["PipelineName"] for each in pipelines],
        "schedules": [each["Name"] for each in schedules],
        "roles": [each["RoleName"] for each in roles],
        "queues": [url.rsplit("/", 1)[-1] for url in queues],
    }
    return {kind: [name for name in names if slug in name] for kind, names in found.items()}


def test_whole_life(stack: DeployedStack, sandbox: SandboxProcess) -> None:
    slug = stack.spec.slug
    preview = stack.run(Operation.PREVIEW, plan="plan.json")
    assert preview.status == "succeeded", preview.error
    assert preview.changes.create > 0
    assert not any(cloud(sandbox, slug).values()), "a preview changes nothing"

    up = stack.run(Operation.UP, plan="plan.json")
    assert up.status == "succeeded", up.error
    assert up.changes == preview.changes, "what was planned was done"
    assert up.outputs and up.outputs["pipeline_name"]
    assert [proof.state for proof in up.proofs] == [TriggerState.ACTIVE]
    assert up.proofs[0].next is not None
    exists = cloud(sandbox, slug)
    assert all(exists.values()), exists

    again = stack.run(Operation.UP)
    assert again.changes == Changes(same=up.changes.create), "nothing to do when repeated"
    assert again.outputs == up.outputs

    weekdays = DAILY.model_copy(update={"cron": "30 7 * * 1-5"})
    stack.spec = stack.spec.model_copy(update={"triggers": (weekdays,)})
    update = stack.run(Operation.UP)
    assert update.status == "succeeded", update.error
    assert (update.changes.update, update.changes.replace) == (1, 0), "an update, no replacement"
    changed = [e for e in stack.events if isinstance(e, ResourceEvent) and e.op == "update"]
    assert any("scheduleExpression" in path for event in changed for path in event.diff)

    refresh = stack.run(Operation.REFRESH)
    assert refresh.changes == Changes(same=up.changes.create), "the cloud is as it was left"

    destroy = stack.run(Operation.DESTROY)
    assert destroy.status == "succeeded", destroy.error
    assert destroy.changes == Changes(delete=up.changes.create)
    assert [proof.state for proof in destroy.proofs] == [TriggerState.MISSING]
    assert not any(cloud(sandbox, slug).values()), "everything is gone"


def test_what_others_changed_is_told_in_words(
    stack: DeployedStack, sandbox: SandboxProcess
) -> None:
    stack.run(Operation.UP)
    scheduler = open_session(sandbox.access()).client("scheduler")
    name = cloud(sandbox, stack.spec.slug)["schedules"][0]
    found = scheduler.get_schedule(Name=name)
    kept = ("FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "Target")
    group = {"GroupName": found["GroupName"]} if found.get("GroupName") else {}
    scheduler.update_schedule(
        Name=name, State="DISABLED", **group, **{each: found[each] for each in kept}
    )
    refresh = stack.run(Operation.REFRESH)
    assert [drift.sentence for drift in refresh.drifts if not drift.cosmetic] == [
        "The trigger t1 was stopped in the cloud."
    ]
    assert stack.run(Operation.UP).status == "succeeded"
    assert stack.run(Operation.REFRESH).drifts == ()
    stack.run(Operation.DESTROY)


def test_name_taken(stack: DeployedStack, sandbox: SandboxProcess) -> None:
    """A refusal is told in the cloud's words, and the next try goes on."""
    planned = stack.run(Operation.PREVIEW)
    stack.run(Operation.UP)
    role = cloud(sandbox, stack.spec.slug)["roles"][0]
    stack.run(Operation.DESTROY)
    iam = open_session(sandbox.access()).client("iam")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    failed = stack.run(Operation.UP)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.resource is not None
    assert "already exists" in str(failed.error.cloud_message)
    assert "RequestID" not in str(failed.error.cloud_message)
    iam.delete_role(RoleName=role)
    again = stack.run(Operation.UP)
    assert again.status == "succeeded", again.error
    assert again.changes.create + again.changes.same == planned.changes.create


def test_cloud_away(stack: DeployedStack, tmp_path: Path) -> None:
    """A cloud that does not answer fails the operation with a sentence; then it goes on."""
    own = SandboxProcess(data=tmp_path / "own").start()
    shared, stack.access = stack.access, own.access()
    try:
        up = stack.run(Operation.UP)
        own.end(signal.SIGKILL)
        away = stack.run(Operation.UP)
        assert away.status == "failed"
        assert away.error is not None and "sandbox" in away.error.summary.lower()
        own.start()
        assert stack.run(Operation.UP).changes == Changes(same=up.changes.create)
        assert stack.run(Operation.DESTROY).status == "succeeded"
    finally:
        stack.access = shared
        own.end()


@pytest.mark.parametrize("moment", ["execution-role", "dead-letters", "pipeline", "t1"])
def test_killed_while(stack: DeployedStack, sandbox: SandboxProcess, moment: str) -> None:
    """Worker, operation and engine killed at once: the next deploy goes on, nothing is double."""
    running = stack.start(Operation.UP)
    while not any(
        isinstance(event, LogEvent) and event.text.endswith(f" {moment} creating")
        for event in stack.events
    ):
        assert running.poll() is None
    running.kill()
    while running.poll() is None:
        time.sleep(0.02)
    again = stack.run(Operation.UP)
    assert again.status == "succeeded", again.error
    assert stack.run(Operation.UP).changes == Changes(same=9)
    assert {kind: len(names) for kind, names in cloud(sandbox, stack.spec.slug).items()} == {
        "pipelines": 1, "schedules": 1, "roles": 2, "queues": 1,
    }  # fmt: skip


def test_log_reads_well(stack: DeployedStack, sandbox: SandboxProcess) -> None:
    stack.run(Operation.UP)
    lines = [event for event in stack.events if isinstance(event, LogEvent)]
    assert not [line for line in lines if line.level in ("warning", "error")]
    assert any(line.text.startswith("+ aws:iam/role:Role") for line in lines)
    text = stack.spool.read_text()
    for secret in stack.access.credential.secrets():
        assert secret not in text
