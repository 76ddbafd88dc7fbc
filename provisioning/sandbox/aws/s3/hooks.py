"""What moto's S3 tells when something happens to an object, made whole.

moto reports what it has done through one function of its own, which is replaced here. It says
nothing of delete markers and of deleted versions, calls each upload a change of tags, and an
upload in parts a plain one as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import moto.s3.models
import moto.s3.notifications

PUT = "s3:ObjectCreated:Put"
DELETED = "s3:ObjectRemoved:Delete"
MARKED = "s3:ObjectRemoved:DeleteMarkerCreated"

_delete_object = moto.s3.models.S3Backend.delete_object
_complete_upload = moto.s3.models.S3Backend.complete_multipart_upload


@dataclass(frozen=True)
class Actor:
    """Who makes the change that is under way."""

    principal_id: str
    account: str
    changes_tags: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    event: str  # "s3:ObjectCreated:Put"
    account: str  # of the bucket
    region: str
    bucket: str
    key: str
    size: int | None
    etag: str | None
    version: str | None


class Listener(Protocol):
    def __call__(self, change: Change, actor: Actor) -> None: ...


_NOBODY = Actor(principal_id="AWS:AIDASANDBOX", account="")
_actor: ContextVar[Actor] = ContextVar("actor", default=_NOBODY)
_in_parts: ContextVar[bool] = ContextVar("in_parts", default=False)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def install(listener: Listener) -> None:
    """Have every change of an object told to the listener, and to nobody else."""

    def tell(event: str, bucket: Any, name: str, found: Any = None) -> None:
        listener(_change(event, bucket, name, found), _actor.get())

    def send_event(account: str, event_name: Any, bucket: Any, key: Any) -> None:
        event = str(event_name.value)
        removed = event.startswith("s3:ObjectRemoved:")  # told by delete_object below
        tags = event.startswith("s3:ObjectTagging:") and not _actor.get().changes_tags
        part = event == PUT and _in_parts.get()
        if not (removed or tags or part):
            tell(event, bucket, key.name, key)

    def complete_upload(*arguments: Any, **keywords: Any) -> Any:
        token = _in_parts.set(True)
        try:
            return _complete_upload(*arguments, **keywords)
        finally:
            _in_parts.reset(token)

    def delete_object(
        backend: Any, bucket_name: str, key_name: str, version_id: Any = None, bypass: bool = False
    ) -> Any:
        held = backend.get_bucket(bucket_name).keys.getlist(key_name, [])
        done = _delete_object(backend, bucket_name, key_name, version_id, bypass)
        bucket = backend.get_bucket(bucket_name)
        if bucket.is_versioned and version_id is None:
            if done[0]:
                tell(MARKED, bucket, key_name, bucket.keys[key_name])
        elif gone := _gone(bucket, key_name, held):
            tell(DELETED, bucket, key_name, gone)
        return done

    moto.s3.notifications.send_event = send_event
    moto.s3.models.S3Backend.complete_multipart_upload = complete_upload
    moto.s3.models.S3Backend.delete_object = delete_object


def _gone(bucket: Any, name: str, before: list[Any]) -> Any:
    after = [id(each) for each in bucket.keys.getlist(name, [])]
    return next((each for each in before if id(each) not in after), None)


def _change(event: str, bucket: Any, name: str, found: Any) -> Change:
    created = not event.startswith("s3:ObjectRemoved:")
    version = getattr(found, "version_id", None)
    return Change(
        event=event,
        account=bucket.account_id,
        region=bucket.region_name,
        bucket=bucket.name,
        key=name,
        size=int(found.size) if created else None,
        etag=found.etag.strip('"') if created else None,
        version=str(version) if bucket.is_versioned and version is not None else None,
    )
