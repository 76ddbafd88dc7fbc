"""Adoptions: what is asked for, what a preview found, and when it may be applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from dashboard import launch
from dashboard.models import Deployment, DeploymentResource, Pipeline, User
from dashboard.services import adoptions, plans
from dashboard.services.pipelines import spec_for
from provisioning.errors import InvalidInput, NotPossible

ROLE = "aws:iam/role:Role::execution-role"
QUEUE = "aws:sqs/queue:Queue::dead-letters"
STACK = "urn:pulumi:churn::skyclock-aws-sagemaker-pipeline::"


@pytest.fixture
def preview(
    pipeline: Pipeline, new_deployment: Callable[..., Deployment]
) -> Callable[..., Deployment]:
    """A preview that succeeded, with what it planned: key → op and more."""

    def saved(adopt: dict[str, str] | None = None, **planned: dict[str, object]) -> Deployment:
        version = pipeline.current_version
        assert version is not None
        row = new_deployment(
            pipeline,
            "preview",
            status="succeeded",
            adopt=adopt,
            spec_digest=plans.digest(spec_for(pipeline, version)),
            started_at=timezone.now(),
        )
        for position, key in enumerate((ROLE, QUEUE)):
            kind, name = key.split("::")
            given = {"op": "create", "state": "planned", **planned.get(name.replace("-", "_"), {})}
            DeploymentResource.objects.create(
                deployment=row, urn=f"{STACK}skyclock:aws:Trigger${kind}::{name}", kind=kind,
                name=name, position=position, **given,
            )  # fmt: skip
        file = plans.plan_file(row)
        file.parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("{}")
        return row

    return saved


def problems(pipeline: Pipeline, *resources: dict[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        adoptions.wanted(pipeline, resources)
    return {each.field: each.message for each in caught.value.problems}


def test_what_a_preview_would_create_can_be_adopted_and_what_it_found_comes_first(
    preview: Callable[..., Deployment],
) -> None:
    look = preview({}, dead_letters={"cloud_id": "https://sqs/q"})
    found = adoptions.candidates(look)
    assert [(each.key, each.found) for each in found] == [(QUEUE, "https://sqs/q"), (ROLE, "")]
    assert [each.help for each in found] == ["the queue's URL", "the role's name"]


def test_resources_are_named_by_urn_by_name_or_by_both_kind_and_name(
    pipeline: Pipeline, preview: Callable[..., Deployment]
) -> None:
    preview()
    by_urn = {"urn": f"{STACK}skyclock:aws:Trigger$aws:iam/role:Role::execution-role", "id": "r"}
    for named in (by_urn, {"name": "execution-role", "id": " r "}, {"name": ROLE, "id": "r"}):
        assert adoptions.wanted(pipeline, [named]) == {ROLE: "r"}


def test_all_that_is_wrong_is_said_at_its_place(
    pipeline: Pipeline, preview: Callable[..., Deployment]
) -> None:
    preview()
    told = problems(
        pipeline,
        {"name": "execution-role", "id": " "},
        {"name": "no-such", "id": "x"},
        {"name": "dead-letters", "id": "q"},
        {"name": QUEUE, "id": "q"},
    )
    assert set(told) == {"resources.0.id", "resources.1.name", "resources.3"}


@pytest.mark.parametrize("since", ["nothing was previewed", "something was deployed"])
def test_names_need_a_preview_that_still_holds(
    since: str,
    pipeline: Pipeline,
    preview: Callable[..., Deployment],
    new_deployment: Callable[..., Deployment],
) -> None:
    if since == "something was deployed":
        preview()
        new_deployment(pipeline, "up", status="failed")
    told = problems(pipeline, {"name": "execution-role", "id": "r"})
    assert told == {
        "resources.0.name": "Preview the pipeline first: that tells what it is made of."
    }


def test_an_up_adopts_what_its_plan_shows_no_change_for(
    member: User, pipeline: Pipeline, preview: Callable[..., Deployment]
) -> None:
    plan = preview({ROLE: "r"}, execution_role={"op": "adopt", "cloud_id": "r"})
    assert [each.refused for each in adoptions.adopted(plan)] == [""]
    up = launch.request_deployment(actor=member, pipeline=pipeline, operation="up", plan=plan)
    assert up.adopt == {ROLE: "r"}
    later = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    assert later.adopt is None, "it is adopted once"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"op": "adopt", "diff": ["tags"]}, "otherwise than the program"),
        ({"op": "same"}, "deployed already"),
        ({"op": "create"}, "could not show it"),
    ],
)
def test_nothing_is_adopted_that_would_be_changed_or_is_not_there(
    row: dict[str, object], why: str, member: User, pipeline: Pipeline,
    preview: Callable[..., Deployment],
) -> None:  # fmt: skip
    plan = preview({ROLE: "r"}, execution_role=row)
    (one,) = adoptions.adopted(plan)
    assert why in one.refused
    with pytest.raises(NotPossible, match="execution-role"):
        launch.request_deployment(actor=member, pipeline=pipeline, operation="up", plan=plan)
    assert not pipeline.deployments.filter(operation="up").exists()


def test_a_preview_that_only_looks_has_a_plan_like_any_other(
    member: User, pipeline: Pipeline, preview: Callable[..., Deployment]
) -> None:
    up = launch.request_deployment(
        actor=member, pipeline=pipeline, operation="up", plan=preview({})
    )
    assert up.adopt is None


def test_asking_for_one_queues_a_preview(
    member: User, pipeline: Pipeline, preview: Callable[..., Deployment]
) -> None:
    preview()
    wanted = [{"name": "execution-role", "id": "r"}]
    row = launch.request_adoption(actor=member, pipeline=pipeline, resources=wanted)
    assert (row.operation, row.adopt) == ("preview", {ROLE: "r"})
    assert launch.request_adoption(actor=member, pipeline=pipeline, resources=[]).adopt == {}
