"""The objects of all buckets: their generations, and who hears of new ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from provisioning.sandbox.google.storage.contents import Contents, crc32c, md5
from provisioning.sandbox.google.storage.records import Bucket, StoredObject
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.google.times import parsed
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

Listener = Callable[[Bucket, StoredObject], None]


class Objects:
    """`url` is where the API is reached."""

    def __init__(self, world: World, *, url: str) -> None:
        self._url = url
        self._table = Table(world.store, kind="google object", record=StoredObject)
        self.contents = Contents(world.store)
        self._clock = world.clock
        self._live: dict[str, dict[str, StoredObject]] = {}
        self._last = 0  # generation
        self.on_finalized: Listener = lambda bucket, stored: None
        for stored in self._table:
            self._last = max(self._last, stored.generation)
            if stored.deleted is None:
                self._live.setdefault(stored.bucket, {})[stored.name] = stored

    def live(self, bucket: str, name: str) -> StoredObject | None:
        return self._live.get(bucket, {}).get(name)

    def generation(self, bucket: str, name: str, generation: int) -> StoredObject | None:
        return self._table.get(f"{bucket}/{name}#{generation}")

    def in_bucket(self, bucket: str, *, versions: bool = False) -> list[StoredObject]:
        """In the order of their names, of one name the oldest first."""
        found: Iterator[StoredObject] | list[StoredObject]
        found = list(self._live.get(bucket, {}).values())
        if versions:
            found = [stored for stored in self._table if stored.bucket == bucket]
        return sorted(found, key=lambda stored: (stored.name.encode(), stored.generation))

    def described(self, stored: StoredObject) -> dict[str, Any]:
        return stored.described(self._url)

    def read(self, stored: StoredObject) -> bytes:
        return self.contents.get(stored.content)

    def write(
        self, bucket: Bucket, name: str, data: bytes, fields: dict[str, Any], *, parts: int = 0
    ) -> StoredObject:
        """A new generation; the one before it goes, or is kept as an old one."""
        _require_name(name)
        if custom := fields.get("customTime"):
            parsed(custom, field="customTime")
        now = self._clock.now()
        self._last = max(self._last + 1, int(now * 1_000_000))
        stored = StoredObject(
            bucket=bucket.name,
            name=name,
            generation=self._last,
            size=len(data),
            md5="" if parts else md5(data),
            crc32c=crc32c(data),
            parts=parts,
            content=uuid.uuid4().hex,
            fields={"storageClass": bucket.settings["storageClass"], **fields},
            created=now,
            updated=now,
        )
        if before := self.live(bucket.name, name):
            self.retire(bucket, before)
        self.contents.put(stored.content, data)
        self._table.put(stored)
        self._live.setdefault(bucket.name, {})[name] = stored
        self.on_finalized(bucket, stored)
        return stored

    def change(self, stored: StoredObject, fields: dict[str, Any]) -> None:
        stored.fields = fields
        stored.metageneration += 1
        stored.updated = self._clock.now()
        self._table.put(stored)

    def retire(self, bucket: Bucket, stored: StoredObject) -> None:
        """It is no longer the live one."""
        if not bucket.keeps_versions:
            self.erase(stored)
            return
        self._live.get(bucket.name, {}).pop(stored.name, None)
        stored.deleted = self._clock.now()
        self._table.put(stored)

    def erase(self, stored: StoredObject) -> None:
        """This generation is gone for good."""
        live = self._live.get(stored.bucket, {})
        if live.get(stored.name) is stored:
            del live[stored.name]
        self._table.delete(stored.key)
        self.contents.delete(stored.content)


def _require_name(name: str) -> None:
    if not name:
        raise refusal("required", "Required parameter: name")
    if len(name.encode()) > 1024:
        raise refusal("invalid", f"The object name '{name[:40]}…' is longer than 1024 bytes.")
    if name in (".", "..") or "\r" in name or "\n" in name:
        raise refusal("invalid", f"Invalid object name: '{name}'")
