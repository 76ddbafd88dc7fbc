"""The rules of buckets by which objects go, or change their class, in time.
https://cloud.google.com/storage/docs/lifecycle

Google looks after them within a day; here that is at midnight, UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from provisioning.sandbox.google.storage.buckets import Buckets
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.records import Bucket, StoredObject
from provisioning.sandbox.google.times import parsed
from provisioning.sandbox.world import World

_EVENT = "google storage lifecycle"
_DAY = 86_400.0


@dataclass(frozen=True)
class _Seen:
    """An object as the conditions see it."""

    stored: StoredObject
    newer: int  # versions of its name
    now: float

    def days_since(self, time: float | None) -> float:
        return -1.0 if time is None else (self.now - time) / _DAY

    @property
    def custom_time(self) -> float | None:
        text = self.stored.fields.get("customTime")
        return parsed(text, field="customTime") if text else None


def _before(time: float | None, day: str) -> bool:
    return time is not None and datetime.fromtimestamp(time, UTC).date() < date.fromisoformat(day)


def _starts(name: str, prefixes: list[str]) -> bool:
    return name.startswith(tuple(prefixes))


_CONDITIONS: dict[str, Callable[[_Seen, Any], bool]] = {
    "age": lambda seen, days: seen.days_since(seen.stored.created) >= days,
    "createdBefore": lambda seen, day: _before(seen.stored.created, day),
    "customTimeBefore": lambda seen, day: _before(seen.custom_time, day),
    "daysSinceCustomTime": lambda seen, days: seen.days_since(seen.custom_time) >= days,
    "daysSinceNoncurrentTime": lambda seen, days: seen.days_since(seen.stored.deleted) >= days,
    "isLive": lambda seen, live: (seen.stored.deleted is None) == live,
    "matchesPrefix": lambda seen, prefixes: _starts(seen.stored.name, prefixes),
    "matchesStorageClass": lambda seen, classes: seen.stored.storage_class in classes,
    "matchesSuffix": lambda seen, endings: seen.stored.name.endswith(tuple(endings)),
    "noncurrentTimeBefore": lambda seen, day: _before(seen.stored.deleted, day),
    "numNewerVersions": lambda seen, number: seen.newer >= number,
    "sizeAboveBytes": lambda seen, size: seen.stored.size > int(size),
    "sizeBelowBytes": lambda seen, size: seen.stored.size < int(size),
}


class Lifecycles:
    def __init__(self, world: World, buckets: Buckets, objects: Objects) -> None:
        self._clock = world.clock
        self._simulation = world.simulation
        self._buckets = buckets
        self._objects = objects
        self._due: float | None = None
        self._simulation.handle(_EVENT, self._look)
        buckets.on_changed = self._expect
        for bucket in buckets.table:
            self._expect(bucket)

    def _expect(self, bucket: Bucket) -> None:
        if bucket.rules and self._due is None:
            self._announce(self._clock.read())

    def _announce(self, now: float) -> None:
        self._due = (now // _DAY + 1) * _DAY
        self._simulation.announce(at=self._due, kind=_EVENT, key="")

    def _look(self, key: str, time: float) -> None:
        self._due = None
        ruled = [bucket for bucket in self._buckets.table if bucket.rules]
        for bucket in ruled:
            self._keep(bucket, time)
        if ruled:
            self._announce(time)

    def _keep(self, bucket: Bucket, now: float) -> None:
        newer: dict[str, int] = {}
        for stored in reversed(self._objects.in_bucket(bucket.name, versions=True)):
            seen = _Seen(stored, newer.get(stored.name, 0), now)
            newer[stored.name] = seen.newer + 1
            actions = [rule["action"] for rule in bucket.rules if _holds(rule, seen)]
            if any(action["type"] == "Delete" for action in actions):
                self._delete(bucket, stored)
            elif classes := [each for each in actions if each["type"] == "SetStorageClass"]:
                self._change_class(stored, classes[0]["storageClass"])

    def _delete(self, bucket: Bucket, stored: StoredObject) -> None:
        """The live one of a bucket that keeps versions becomes an old one."""
        if stored.deleted is None:
            self._objects.retire(bucket, stored)
        else:
            self._objects.erase(stored)

    def _change_class(self, stored: StoredObject, storage_class: str) -> None:
        if stored.storage_class != storage_class:
            self._objects.change(stored, {**stored.fields, "storageClass": storage_class})


def _holds(rule: dict[str, Any], seen: _Seen) -> bool:
    """All conditions of it do."""
    return all(
        _CONDITIONS[name](seen, wanted) for name, wanted in rule.get("condition", {}).items()
    )
