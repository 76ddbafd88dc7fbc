"""Test objects and events, put where deployed triggers look."""

from __future__ import annotations

import json

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import EventSample, ObjectSample, Sample, StackSpec
from provisioning.errors import CloudError, InvalidInput, NotPossible

from . import names


def put(session: Session, spec: StackSpec, sample: Sample, *, bus: str) -> str:
    """Where a pipeline's triggers look that has a bucket only for triggers by objects."""
    if isinstance(sample, EventSample):
        return put_event(session, bus, sample)
    if not spec.objects:
        raise NotPossible("No object starts this pipeline, so that it has no bucket.")
    return put_object(session, names.data_bucket(spec.slug, spec.account), sample)


def put_object(session: Session, bucket: str, sample: ObjectSample) -> str:
    """Its S3 address."""
    with cloud_errors("put the object into the bucket"):
        session.client("s3").put_object(Bucket=bucket, Key=sample.key, Body=sample.content)
    return f"s3://{bucket}/{sample.key}"


def put_event(session: Session, bus: str, sample: EventSample) -> str:
    """The id that EventBridge gave it."""
    if sample.source.startswith("aws."):
        raise InvalidInput.at("source", "Only AWS itself sends events whose source is aws.….")
    entry = {
        "EventBusName": bus,
        "Source": sample.source,
        "DetailType": sample.type,
        "Detail": json.dumps(sample.detail),
    }
    with cloud_errors("put the event on the bus"):
        answer = session.client("events").put_events(Entries=[entry])
    (said,) = answer["Entries"]
    if "EventId" not in said:
        raise CloudError(
            said.get("ErrorMessage", "EventBridge did not take the event."),
            code=said.get("ErrorCode", ""),
            operation="put the event on the bus",
        )
    return str(said["EventId"])
