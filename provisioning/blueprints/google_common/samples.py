"""Test objects and events, put where the deployed triggers look."""

from __future__ import annotations

import base64
import json

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import EventSample, ObjectSample, Sample, StackSpec
from provisioning.errors import NotPossible

from .calls import patient
from .names import DATA, Place


def put(session: Session, spec: StackSpec, sample: Sample) -> str:
    """Into the data bucket, or on the topic that there is with triggers by events."""
    place = Place(spec.region, spec.account)
    if isinstance(sample, ObjectSample):
        return put_object(session, place.bucket(spec.slug, DATA), sample)
    if not spec.events:
        raise NotPossible("This pipeline waits for no event, so that it has no topic.")
    return publish(session, place.topic(spec.slug), sample)


def put_object(session: Session, bucket: str, sample: ObjectSample) -> str:
    with cloud_errors("put the object"):
        storage = session.client("storage")
        blob = storage.bucket(bucket).blob(sample.key)
        blob.upload_from_string(sample.content, **patient(storage))
    return f"gs://{bucket}/{sample.key}"


def publish(session: Session, topic: str, sample: EventSample) -> str:
    """Source and type go as attributes, the detail as the message itself."""
    message = {
        "data": base64.b64encode(json.dumps(sample.detail).encode()).decode(),
        "attributes": {"source": sample.source, "type": sample.type},
    }
    with cloud_errors("publish the event"):
        topics = session.client("pubsub").projects().topics()
        answer = topics.publish(topic=topic, body={"messages": [message]}).execute()
    return str(answer["messageIds"][0])
