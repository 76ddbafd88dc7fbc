"""The buckets of an account that call functions for their objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.blueprints.aws_common.discovery import pages
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Found
from provisioning.errors import CloudError

from .notification import RULES, written


def discover(session: Session) -> tuple[Found, ...]:
    with cloud_errors("list the buckets of the account"):
        names = [each["Name"] for each in _buckets(session)]
    found = (_found(session, name) for name in names)
    return tuple(each for each in found if each is not None)


def _buckets(session: Session) -> Iterator[dict[str, Any]]:
    client = session.client("s3")
    yield from pages(client, "list_buckets", "Buckets", BucketRegion=client.meta.region_name)


def _found(session: Session, bucket: str) -> Found | None:
    """None of a bucket that calls nobody, or that may not be looked at."""
    try:
        with cloud_errors("read the bucket's notification"):
            answer = session.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    except CloudError:
        return None
    rules = answer.get(RULES, [])
    if not rules:
        return None
    functions = sorted({each["LambdaFunctionArn"].split(":")[6] for each in rules})
    return Found(
        cloud_id=f"arn:aws:s3:::{bucket}",
        name=bucket,
        kind="S3 bucket that calls a Lambda function",
        triggers=tuple(written(each) for each in rules),
        detail=f"Calls {', '.join(functions)}",
    )
