"""Policy documents of IAM: who may take a role, and the least that it may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .names import Place, every_rule

Statement = dict[str, Any]


def document(statements: Iterable[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: list[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def trust(service: str, account: str) -> dict[str, Any]:
    """Only this service, and only for this account: no confused deputy."""
    taking: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    # Lambda does not say for whom it takes a role, and takes only those of its own account.
    if service != "lambda.amazonaws.com":
        taking["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document([taking])


def starting(*, action: str, target_arn: str, queue_arn: str) -> dict[str, Any]:
    """What the role of a trigger may: start this one thing, keep what could not be started."""
    return document(
        [
            allow("StartThisPipeline", [action], [target_arn]),
            allow("KeepFailedStarts", ["sqs:SendMessage"], [queue_arn]),
        ]
    )


def letting_rules_in(place: Place, slug: str, queue: str) -> dict[str, Any]:
    """Of the dead-letter queue: the Pipeline's rules, on whichever bus, may send to it.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    mine = every_rule(slug)
    rules = [place.arn("events", f"rule/{each}") for each in (mine, f"*/{mine}")]
    sending = allow("KeepFailedStarts", ["sqs:SendMessage"], [place.arn("sqs", queue)])
    return document(
        [
            sending
            | {
                "Principal": {"Service": "events.amazonaws.com"},
                "Condition": {"ArnLike": {"aws:SourceArn": rules}},
            }
        ]
    )


def pass_roles(roles: Iterable[str], service: str) -> Statement:
    passing = allow("PassRolesToJobs", ["iam:PassRole"], sorted(set(roles)))
    return passing | {"Condition": {"StringEquals": {"iam:PassedToService": service}}}


# ── Jobs of SageMaker ───────────────────────────────────────────────────────────────


def data_access(*, reads: set[str], writes: set[str], place: Place) -> Iterator[Statement]:
    """`reads` and `writes` are S3 prefixes: "s3://bucket/prefix"."""
    if reads:
        yield allow("ReadData", ["s3:GetObject"], _objects(reads, place))
        yield from _listing(reads, place)
    if writes:
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        yield allow("WriteData", actions, _objects(writes, place))


def images(repositories: Iterable[str]) -> Iterator[Statement]:
    """`repositories` are ARNs of ECR."""
    if arns := sorted(repositories):
        verbs = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")
        yield allow("PullImages", [f"ecr:{verb}" for verb in verbs], arns)
        yield allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"])


def watching(place: Place) -> Iterator[Statement]:
    verbs = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    groups = place.arn("logs", "log-group:/aws/sagemaker/*")
    yield allow("WriteLogs", [f"logs:{verb}" for verb in verbs], [groups])
    metrics = allow("WriteMetrics", ["cloudwatch:PutMetricData"], ["*"])
    namespace = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
    yield metrics | {"Condition": namespace}


def _listing(prefixes: set[str], place: Place) -> Iterator[Statement]:
    """SageMaker lists a prefix before it copies it; one statement per bucket."""
    buckets: dict[str, set[str]] = {}
    for address in prefixes:
        bucket, key = _split(address)
        buckets.setdefault(bucket, set()).add(f"{key}*")
    for number, bucket in enumerate(sorted(buckets)):
        condition = {"StringLike": {"s3:prefix": sorted(_shortest(buckets[bucket]))}}
        listing = allow(f"ListBucket{number}", ["s3:ListBucket"], [place.bucket(bucket)])
        yield listing | {"Condition": condition}
        yield allow(f"FindBucket{number}", ["s3:GetBucketLocation"], [place.bucket(bucket)])


def _objects(prefixes: set[str], place: Place) -> list[str]:
    keys = {"/".join(_split(address)) + "*" for address in prefixes}
    return [place.bucket(key) for key in sorted(_shortest(keys))]


def _shortest(patterns: set[str]) -> set[str]:
    """Without those that another one, a shorter prefix, already covers."""
    return {
        one
        for one in patterns
        if not any(one != other and one.startswith(other[:-1]) for other in patterns)
    }


def _split(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key
