"""The Pulumi component of a Pipeline's own bucket."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from . import names
from .forms import DataBucket


class OwnBucket(pulumi.ComponentResource):
    """Closed to the public and encrypted: S3 makes every new bucket so, but what the program
    says is read back, and put right. With `events` it tells the account's default bus of its
    objects."""

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
        aws.s3.BucketPublicAccessBlock(
            "data-closed",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "data-encrypted", bucket=bucket.bucket, rules=[_encrypted()], opts=child
        )
        if events:
            aws.s3.BucketNotification(
                "data-events", bucket=bucket.bucket, eventbridge=True, opts=child
            )
        self.bucket = bucket
        self.register_outputs({"bucket": bucket.bucket})


def _encrypted() -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    by_default = (
        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256"
        )
    )
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default
    )
