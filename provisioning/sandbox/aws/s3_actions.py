"""Which permission a request to S3 needs: most are named as their operations, some are not.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from provisioning.sandbox.aws.operations import operation_name
from provisioning.sandbox.aws.requests import AwsRequest

Need = tuple[str, str, Mapping[str, str]]  # action, resource, context

_NAMED_OTHERWISE = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_OF_VERSIONS = ("GetObject", "DeleteObject")


def split_path(path: str) -> tuple[str, str]:
    """Bucket and key of a path as WSGI gives it; either may be empty."""
    text = path.encode("latin-1", "replace").decode("utf-8", "replace")
    bucket, _, key = text.removeprefix("/").partition("/")
    return bucket, key


def s3_needs(request: AwsRequest) -> Iterator[Need]:
    operation = operation_name(request) or "UnknownOperation"
    action = _NAMED_OTHERWISE.get(operation, operation)
    if action in _OF_VERSIONS and "versionId" in request.query:
        action = f"{action}Version"
    prefix = request.query.get("prefix", [""])[0]
    yield f"s3:{action}", _resource(request, operation), {"s3:prefix": prefix}
    if source := request.header("x-amz-copy-source"):
        path = unquote(source).partition("?")[0].removeprefix("/")
        yield "s3:GetObject", f"arn:aws:s3:::{path}", {}


def _resource(request: AwsRequest, operation: str) -> str:
    bucket, key = split_path(request.path)
    if not bucket:
        return "*"
    if operation == "DeleteObjects":
        key = "*"
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
