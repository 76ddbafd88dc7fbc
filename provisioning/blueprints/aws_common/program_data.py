"""The Pulumi component of a Pipeline's own bucket."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from . import names
from .forms import DataBucket


class OwnBucket(pulumi.ComponentResource):
    """Closed to the public and encrypted, as S3 makes every new bucket. With `events` it tells
    the account's default bus of its objects."""

    def __init__(
        self, form: DataBucket, *, slug: str, account: str, events: bool, tags: Mapping[str, str]
    ) -> None:
        super().__init__("skyclock:aws:OwnBucket", "own-bucket", None, None)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            "data",
            bucket=names.data_bucket(slug, account),
            force_destroy=form.delete_objects,
            tags=tags,
            opts=child,
        )
        if events:
            aws.s3.BucketNotification(
                "data-events", bucket=bucket.bucket, eventbridge=True, opts=child
            )
        self.bucket = bucket
        self.register_outputs({"bucket": bucket.bucket})
