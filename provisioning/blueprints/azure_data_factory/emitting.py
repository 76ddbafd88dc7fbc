"""Test files and events, put where the deployed triggers look."""

from __future__ import annotations

from uuid import uuid4

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import EventSample, ObjectSample, Sample, StackSpec
from provisioning.errors import InvalidInput, NotFound, NotPossible

from . import names


def emit(session: Session, spec: StackSpec, sample: Sample) -> str:
    if isinstance(sample, ObjectSample):
        return _put(session, spec, sample)
    return _publish(session, spec, sample)


def _put(session: Session, spec: StackSpec, sample: ObjectSample) -> str:
    # A blob's key is a part of its address, which is tidied up on the way: the file would lie
    # somewhere else, even outside of the container.
    if sample.key.startswith("/") or {".", ".."} & set(sample.key.split("/")):
        raise InvalidInput.at(
            "key", "In Azure a key does not begin with a slash and has no folder . or .. in it."
        )
    account = names.account(spec.slug, spec.account)
    blob = session.client(f"blobs/{account}").get_blob_client(names.CONTAINER, sample.key)
    with cloud_errors("put the file into the pipeline's container"):
        blob.upload_blob(sample.content, overwrite=True)
    return f"{names.CONTAINER}/{sample.key}"


def _publish(session: Session, spec: StackSpec, sample: EventSample) -> str:
    endpoint = _endpoint(session, spec)
    if endpoint is None:
        raise NotPossible(
            "This pipeline has no topic: it has no event trigger, or is not deployed."
        )
    event = {
        "id": str(uuid4()),
        "subject": sample.source,
        "eventType": sample.type,
        "eventTime": session.now().isoformat(),
        "data": sample.detail,
        "dataVersion": "1.0",
    }
    with cloud_errors("publish the event on the pipeline's topic"):
        session.client(f"topic/{endpoint}").send([event])
    return str(event["id"])


def _endpoint(session: Session, spec: StackSpec) -> str | None:
    place = names.group(spec.slug), names.topic(spec.slug, spec.account)
    try:
        with cloud_errors("find the pipeline's topic"):
            return str(session.client("eventgrid").topics.get(*place).endpoint)
    except NotFound:
        return None
