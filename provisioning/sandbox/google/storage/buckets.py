"""The buckets of everybody: their names are one space. And who may do what in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.accounts import Caller
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.storage import bucket_rules
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.records import Bucket
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

_OURS = "Your previous request to create the named bucket succeeded and you already own it."
_THEIRS = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of "
    "the system. Please select a different name and try again."
)


class Buckets:
    def __init__(self, world: World, identity: Identity, objects: Objects) -> None:
        self.table = Table(world.store, kind="google bucket", record=Bucket)
        self._clock = world.clock
        self._policies = identity.policies
        self._access = identity.access
        self._objects = objects
        self.on_changed: Callable[[Bucket], None] = lambda bucket: None

    def find(self, name: str) -> Bucket:
        bucket = self.table.get(name)
        if bucket is None:
            raise refusal("notFound", "The specified bucket does not exist.")
        return bucket

    def enter(self, caller: Caller, permission: str, name: str, *, object: str = "") -> Bucket:
        """The bucket, for a caller who has the permission in it, or on the object."""
        bucket = self.find(name)
        if not self._access.may(caller, permission, bucket.resource):
            raise forbidden(caller, permission, f"{name}/{object}" if object else "")
        return bucket

    def create(self, project: str, wish: dict[str, Any]) -> Bucket:
        name = str(wish.get("name", ""))
        bucket_rules.require_name(name)
        location = bucket_rules.location_of(str(wish.get("location", "")))
        if found := self.table.get(name):
            raise refusal("conflict", _OURS if found.project == project else _THEIRS)
        now = self._clock.now()
        bucket = Bucket(
            name=name,
            project=project,
            location=location,
            settings=bucket_rules.first_settings(wish, now),
            generation=int(now * 1_000_000),
            created=now,
            updated=now,
        )
        self.table.put(bucket)
        self._let_in(bucket)
        self.on_changed(bucket)
        return bucket

    def change(self, bucket: Bucket, wish: dict[str, Any], *, whole: bool) -> None:
        for fixed in ("name", "location"):
            given = wish.get(fixed)
            if given and str(given).upper() != getattr(bucket, fixed).upper():
                raise refusal("invalid", f"A bucket's {fixed} cannot be changed.")
        now = self._clock.now()
        bucket.settings = bucket_rules.changed_settings(bucket.settings, wish, now, whole=whole)
        bucket.metageneration += 1
        bucket.updated = now
        self.table.put(bucket)
        self.on_changed(bucket)

    def delete(self, bucket: Bucket) -> None:
        if self._objects.in_bucket(bucket.name, versions=True):
            raise refusal("conflict", "The bucket you tried to delete is not empty.")
        self.table.delete(bucket.key)
        self._policies.forget(bucket.resource)

    def _let_in(self, bucket: Bucket) -> None:
        """What those with basic roles in the project may do in a new bucket."""
        owners = (f"projectEditor:{bucket.project}", f"projectOwner:{bucket.project}")
        viewer = f"projectViewer:{bucket.project}"
        for role, members in (
            ("roles/storage.legacyBucketOwner", owners),
            ("roles/storage.legacyBucketReader", (viewer,)),
            ("roles/storage.legacyObjectOwner", owners),
            ("roles/storage.legacyObjectReader", (viewer,)),
        ):
            self._policies.grant(bucket.resource, role, *members)


def forbidden(caller: Caller, permission: str, object: str = "") -> RestError:
    what = "bucket" if permission.startswith("storage.buckets.") and not object else "object"
    return refusal(
        "forbidden",
        f"{caller.email} does not have {permission} access to the Google Cloud Storage {what}. "
        f"Permission '{permission}' denied on resource (or it may not exist).",
    )
