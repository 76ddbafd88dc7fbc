"""Trying again, from where it failed or as a whole, and going back to an earlier Version."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import launch
from dashboard.models import AuditEntry, Connection, Deployment, Pipeline, User
from dashboard.services import pipelines, plans
from dashboard.services.retries import from_here
from provisioning.errors import InvalidInput, NotPossible

URN = "urn:pulumi:churn::skyclock::{kind}::{name}"
HOURLY = {"kind": "schedule", "cron": "0 * * * *", "timezone": "UTC"}


def touch(row: Deployment, name: str, state: str, op: str = "create", **more: Any) -> None:
    kind = more.pop("kind", "aws:iam/role:Role")
    row.resources.create(
        urn=URN.format(kind=kind, name=name), kind=kind, name=name, op=op, state=state,
        position=row.resources.count(), **more,
    )  # fmt: skip


@pytest.fixture
def failed(pipeline: Pipeline, new_deployment: Any) -> Deployment:
    """An up that made one resource, failed at another, and began a third."""
    assert pipeline.current_version
    spec = pipelines.spec_for(pipeline, pipeline.current_version)
    row: Deployment = new_deployment(pipeline, status="failed", spec_digest=plans.digest(spec))
    touch(row, "stack", "done", kind="pulumi:pulumi:Stack")
    touch(row, "exec", "done")
    touch(row, "same", "done", op="same")
    touch(row, "replaced", "done", op="replace")
    touch(row, "queue", "failed", kind="aws:sqs/queue:Queue")
    touch(row, "bucket", "running", kind="aws:s3/bucket:Bucket")
    return row


@pytest.fixture
def again(member: User) -> Any:
    return lambda row, here=False: launch.retry(actor=member, deployment=row, here=here)


@pytest.mark.parametrize("status", ["failed", "cancelled", "interrupted"])
def test_a_retry_is_the_same_on_the_same_version(
    again: Any, pipeline: Pipeline, new_deployment: Any, member: User, status: str
) -> None:
    row = new_deployment(pipeline, "preview", status=status)
    pipelines.update(actor=member, pipeline=pipeline, triggers=[HOURLY])
    retried = again(row)
    assert (retried.operation, retried.version.number) == ("preview", 1)
    assert (retried.retry_of, retried.untouched, retried.status) == (row, [], "queued")


@pytest.mark.parametrize(
    ("status", "why"),
    [("succeeded", "succeeded"), ("running", "not ended"), ("queued", "not ended")],
)
def test_only_an_end_without_success_is_retried(
    again: Any, pipeline: Pipeline, new_deployment: Any, status: str, why: str
) -> None:
    with pytest.raises(NotPossible, match=why):
        again(new_deployment(pipeline, status=status))


def test_a_retry_needs_what_every_deployment_needs(again: Any, failed: Deployment) -> None:
    Connection.objects.update(level="observe")
    with pytest.raises(NotPossible, match="observe only"):
        again(failed)


def test_from_here_leaves_alone_what_succeeded(again: Any, failed: Deployment) -> None:
    retried = again(failed, here=True)
    assert retried.untouched == sorted(
        URN.format(kind="aws:iam/role:Role", name=name) for name in ("exec", "same")
    )
    found = from_here(failed, list(failed.resources.all()))
    assert [each.name for each in found.left] == ["queue", "bucket"]


def test_a_second_one_remembers_what_the_first_left_alone(again: Any, failed: Deployment) -> None:
    first = again(failed, here=True)
    Deployment.objects.filter(pk=first.pk).update(status="failed", spec_digest=failed.spec_digest)
    first.refresh_from_db()
    touch(first, "queue", "done", kind="aws:sqs/queue:Queue")
    touch(first, "bucket", "failed", kind="aws:s3/bucket:Bucket")
    second = again(first, here=True)
    names = [urn.rpartition("::")[2] for urn in second.untouched]
    assert sorted(names) == ["exec", "queue", "same"]


@pytest.mark.parametrize(
    ("operation", "why"),
    [("preview", "changes nothing"), ("refresh", "reads everything"), ("destroy", "goes on by")],
)
def test_from_here_is_for_deployments_only(
    again: Any, deployed: Pipeline, new_deployment: Any, operation: str, why: str
) -> None:
    with pytest.raises(NotPossible, match=why):
        again(new_deployment(deployed, operation, status="failed"), here=True)


def test_from_here_needs_something_that_failed_and_something_that_did_not(
    again: Any, pipeline: Pipeline, new_deployment: Any
) -> None:
    row = new_deployment(pipeline, status="failed")
    with pytest.raises(NotPossible, match="did not fail at a resource"):
        again(row, here=True)
    touch(row, "exec", "failed")
    with pytest.raises(NotPossible, match="Nothing had succeeded"):
        again(row, here=True)


def test_from_here_needs_the_world_as_it_was(
    again: Any, failed: Deployment, new_deployment: Any
) -> None:
    new_deployment(failed.pipeline, "preview", status="succeeded")
    failed.pipeline.triggers.update(paused=True)
    with pytest.raises(NotPossible, match="paused or resumed"):
        again(failed, here=True)
    failed.pipeline.triggers.update(paused=False)
    new_deployment(failed.pipeline, "refresh", status="succeeded")
    with pytest.raises(NotPossible, match="Something else"):
        again(failed, here=True)
    assert again(failed).retry_of == failed


# ── Rolling back ────────────────────────────────────────────────────────────────────


def roll_back(pipeline: Pipeline, number: int, actor: User, operation: str = "preview") -> Any:
    to = pipeline.versions.get(number=number)
    return launch.roll_back(actor=actor, pipeline=pipeline, version=to, operation=operation)


@pytest.fixture
def two(deployed: Pipeline, new_deployment: Any, member: User) -> Pipeline:
    """Version 1 was deployed, version 2 was saved since."""
    new_deployment(deployed, status="succeeded")
    pipelines.update(actor=member, pipeline=deployed, triggers=[HOURLY])
    deployed.refresh_from_db()
    return deployed


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_rolling_back_makes_a_new_version_that_equals_the_old_one(
    two: Pipeline, member: User, operation: str
) -> None:
    before = list(two.versions.order_by("number").values())
    row = roll_back(two, 1, member, operation)
    two.refresh_from_db()
    newest = two.current_version
    assert newest and (newest.number, newest.note) == (3, "Rolled back to version 1")
    assert (newest.settings, newest.triggers) == (before[0]["settings"], before[0]["triggers"])
    assert newest.created_by == member
    assert (row.version, row.operation, row.status) == (newest, operation, "queued")
    assert list(two.versions.order_by("number").values())[:2] == before, "history stays"
    assert AuditEntry.objects.filter(action="deployment.request").count() == 1


def test_pauses_are_no_part_of_a_version(two: Pipeline, member: User) -> None:
    two.triggers.update(paused=True)
    roll_back(two, 1, member)
    assert two.triggers.get(key="t1").paused


def test_what_was_never_deployed_with_success_is_no_target(
    two: Pipeline, new_deployment: Any, member: User
) -> None:
    new_deployment(two, status="failed")
    pipelines.update(actor=member, pipeline=two, triggers=[])
    with pytest.raises(NotPossible, match="Version 2 was never deployed with success"):
        roll_back(two, 2, member)


def test_the_newest_and_its_equal_are_no_target(two: Pipeline, member: User) -> None:
    with pytest.raises(NotPossible, match="newest already"):
        roll_back(two, 2, member)
    roll_back(two, 1, member)
    with pytest.raises(NotPossible, match="Version 3 says the same as version 1"):
        roll_back(two, 1, member)


def test_both_or_neither(two: Pipeline, member: User) -> None:
    Connection.objects.update(level="run")
    with pytest.raises(NotPossible, match="run only"):
        roll_back(two, 1, member)
    assert two.versions.count() == 2
    with pytest.raises(InvalidInput):
        roll_back(two, 1, member, "destroy")
    assert two.versions.count() == 2
