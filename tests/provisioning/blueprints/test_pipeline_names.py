"""Names in the cloud, hints about its errors, addresses of its console."""

from __future__ import annotations

import pytest

from provisioning.blueprints.aws_common import names
from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from tests.provisioning.blueprints.pipelines import spec

LONGEST_SLUG = "a" * 40


def test_names_of_the_longest_slug_fit() -> None:
    assert names.execution_role(LONGEST_SLUG) == f"skyclock-{LONGEST_SLUG}-execution"
    for key in ("t1", "t10", "a-key-that-people-chose-and-that-is-long"):
        assert len(names.trigger_role(LONGEST_SLUG, key)) <= 64
        assert len(names.schedule(LONGEST_SLUG, key, 12)) <= 64
    assert len(names.dead_letter_queue(LONGEST_SLUG)) <= 80


def test_names_that_are_cut_stay_different() -> None:
    keys = ["a-key-that-is-long-1", "a-key-that-is-long-2", "a key that is long 1"]
    assert len({names.trigger_role(LONGEST_SLUG, key) for key in keys}) == 3
    assert len({names.schedule(LONGEST_SLUG, "t1", at) for at in range(20)}) == 20


@pytest.mark.parametrize(
    ("region", "start"),
    [
        ("eu-west-1", "arn:aws:"),
        ("cn-north-1", "arn:aws-cn:"),
        ("us-gov-west-1", "arn:aws-us-gov:"),
    ],
)
def test_arns_are_of_their_partition(region: str, start: str) -> None:
    place = names.Place(region, "111122223333")
    for arn in (place.arn("sagemaker", "pipeline/x"), place.role("x"), place.bucket("x")):
        assert arn.startswith(start)


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("AccessDenied", "not authorized to perform: iam:PassRole on resource", "iam:PassRole"),
        ("AccessDeniedException", "not authorized to perform: sagemaker:CreatePipeline", "name it"),
        ("ResourceLimitExceeded", "The account-level service limit", "Service Quotas"),
        ("EntityAlreadyExists", "Role with name x already exists.", "already has this name"),
        ("EntityAlreadyExists", "Role with name x already exists.", "make a new pipeline"),
        ("ConflictException", "Schedule x already exists.", "already has this name"),
        ("ConflictException", "There are running executions", "Wait for its end"),
        ("ValidationException", "Unable to parse pipeline definition.", "definition"),
        ("ValidationException", "must allow AWS EventBridge Scheduler to assume", "new role"),
        ("InvalidParameterValueException", "The role cannot be assumed by Lambda.", "new role"),
        ("ResourceAlreadyExistsException", "Event bus x already exists.", "already has this name"),
        ("BucketAlreadyExists", "The bucket name is not available.", "already has this name"),
        ("BucketNotEmpty", "The bucket you tried to delete is not empty.", "Empty it"),
        ("InvalidEventPatternException", "Event pattern is not valid.", "pattern"),
        ("QueueDeletedRecently", "You must wait 60 seconds", "in a minute"),
        ("AWS.SimpleQueueService.QueueDeletedRecently", "You must wait", "in a minute"),
    ],
)
def test_a_known_error_has_a_hint(code: str, message: str, said: str) -> None:
    assert said in str(BLUEPRINT.likely_fix(code, message))


def test_an_unknown_error_has_none() -> None:
    assert BLUEPRINT.likely_fix("Teapot", "I am one.") is None
    assert BLUEPRINT.likely_fix("", "") is None


@pytest.mark.parametrize(
    ("arn", "page"),
    [
        ("pipeline/x/execution/y", "#/studio-landing"),
        ("training-job/pipelines-a-train-b", "#/jobs/pipelines-a-train-b"),
        ("processing-job/pipelines-a-prepare-b", "#/processing-jobs/pipelines-a-prepare-b"),
    ],
)
def test_the_console_shows_runs_and_jobs(arn: str, page: str) -> None:
    whole = f"arn:aws:sagemaker:eu-west-1:111122223333:{arn}"
    address = str(BLUEPRINT.console_url(spec(), whole))
    assert address.startswith("https://eu-west-1.console.aws.amazon.com/sagemaker/")
    assert address.endswith(page)


@pytest.mark.parametrize("cloud_id", ["", "abc", "arn:aws:sagemaker:eu-west-1:1:condition/x"])
def test_the_console_does_not_show_everything(cloud_id: str) -> None:
    assert BLUEPRINT.console_url(spec(), cloud_id) is None
