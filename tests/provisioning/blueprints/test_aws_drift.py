"""What differs in AWS, in the domain's words."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.blueprints.aws_sagemaker_pipeline.blueprint import BLUEPRINT
from provisioning.contracts import Difference

SCHEDULE = "aws:scheduler/schedule:Schedule"
RULE = "aws:cloudwatch/eventRule:EventRule"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def drift(kind: str, path: str, expected: Any = None, found: Any = None) -> Any:
    return BLUEPRINT.explain(
        Difference(kind=kind, name="t1", path=path, expected=expected, found=found)
    )


@pytest.mark.parametrize(
    ("kind", "path", "expected", "found", "said"),
    [
        (SCHEDULE, "state", "ENABLED", "DISABLED", "The schedule t1 was stopped in the cloud."),
        (SCHEDULE, "state", "DISABLED", "ENABLED", "The schedule t1 was started in the cloud."),
        (SCHEDULE, "scheduleExpression", "rate(1 day) UTC", "rate(2 days) UTC",
         "rescheduled in the cloud: rate(1 day) → rate(2 days), UTC"),
        (SCHEDULE, "target.roleArn", "arn:a", "arn:b", "target.roleArn, arn:a → arn:b"),
        (SCHEDULE, "", {}, None, "The schedule t1 was deleted in the cloud."),
        (ROLE_POLICY, "policy", '{"a": 1}', '{"a": 2}', "permits something else"),
        (RULE, "state", "ENABLED", "DISABLED", "The rule t1 was stopped in the cloud."),
        (RULE, "eventPattern", '{"a": [1]}', '{"a": [2]}', 'matches {"a": [2]} instead of'),
        ("aws:cloudwatch/eventTarget:EventTarget", "arn", "a", "b", "arn, a → b"),
        ("aws:s3/bucketNotification:BucketNotification", "eventbridge", True, False, "no longer"),
        ("aws:s3/bucketNotification:BucketNotification", "lambdaFunctions[0].filterPrefix", "data/",
         "in/", "tells the function of other objects"),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicAcls", True, False,
         "lock against the public t1 was opened in the cloud: blockPublicAcls"),
        ("aws:lambda/function:Function", "codeSha256", "a", "b", "runs other code"),
        ("aws:lambda/function:Function", "environment.variables.DATA_BUCKET", "a", "b",
         "was given other settings"),
        ("aws:cloudwatch/eventArchive:EventArchive", "retentionDays", 30, 90, "for 90 days"),
        ("aws:sqs/queue:Queue", "delaySeconds", 0, 5, "dead-letter queue t1 was changed"),
        ("aws:made/up:Kind", "x", 1, 2, "aws:made/up:Kind t1 was changed in the cloud: x, 1 → 2"),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_words(
    kind: str, path: str, expected: Any, found: Any, said: str
) -> None:
    answer = drift(kind, path, expected, found)
    assert said in answer.sentence
    assert not answer.cosmetic


def test_what_changes_nothing_that_happens_is_cosmetic() -> None:
    assert drift(ROLE_POLICY, "policy", '{"a": 1, "b": 2}', '{"b":2,"a":1}').cosmetic
    assert drift(SCHEDULE, "description", "a", "b").cosmetic
    assert drift("aws:sqs/queue:Queue", "tags.team", "a", None).cosmetic
