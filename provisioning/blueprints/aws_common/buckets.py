"""A Pipeline's own bucket: whether it tells of its objects, and what it still holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Operation, StackSpec
from provisioning.errors import NotFound, NotPossible

from . import names
from .forms import DataBucket
from .lists import pages

COUNTED = 1000


def tells_the_bus(session: Session, bucket: str) -> str:
    """Empty if it does; else what is the matter."""
    try:
        with cloud_errors("read what the bucket tells of its objects"):
            found = session.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    except NotFound:
        return f"AWS has no bucket {bucket}."
    if "EventBridgeConfiguration" not in found:
        return f"The bucket {bucket} does not tell EventBridge of its objects."
    return ""


def require_deletable(session: Session, bucket: str, form: DataBucket) -> None:
    """Before a destroy, so that it does not stop half way: S3 deletes no bucket with objects."""
    if form.delete_objects:
        return
    try:
        with cloud_errors("see whether the data bucket is empty"):
            found = pages(session.client("s3"), "list_objects_v2", "Contents", Bucket=bucket)
            count = sum(1 for _ in islice(found, COUNTED))
    except NotFound:
        return
    if count:
        many = "1 object" if count == 1 else f"{count} objects"
        many = many if count < COUNTED else f"at least {many}"
        raise NotPossible(
            f"The bucket {bucket} still holds {many}. Empty it, or allow 'Delete the data with "
            "the pipeline' in the settings and deploy them; then destroy again."
        )


def require_removable(
    session: Session, spec: StackSpec, operation: Operation, form: Callable[[], DataBucket]
) -> None:
    """Of a bucket that goes with the last trigger by objects, not only with the pipeline."""
    goes = operation is Operation.DESTROY or not spec.objects
    if goes and (spec.objects or spec.outputs.get("data_bucket")):
        require_deletable(session, names.data_bucket(spec.slug, spec.account), form())
