"""Triggers, and which events each of them waits for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.eventarc.records import FINALIZED, PUBLISHED, Event, Trigger
from provisioning.sandbox.google.pubsub.topics import Topic
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.records import Bucket, StoredObject
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World


class Triggers:
    def __init__(self, world: World, objects: Objects) -> None:
        self.table = Table(world.store, kind="google eventarc trigger", record=Trigger)
        self._clock = world.clock
        self._objects = objects

    def make(self, name: str, wish: dict[str, Any]) -> Trigger:
        project, now = part(name, "projects"), self._clock.now()
        kept = {key: value for key, value in wish.items() if key != "transport"}
        own = f"eventarc-{part(name, 'locations')}-{short(name)}"
        number = chance("transport", name, str(now)).randrange(1000)
        given = wish.get("transport", {}).get("pubsub", {}).get("topic")
        return Trigger(
            name=name,
            wish=kept,
            topic=given or f"projects/{project}/topics/{own}-{number:03}",
            subscription=f"projects/{project}/subscriptions/{own}-sub-{number:03}",
            uid=str(uuid.uuid4()),
            created=now,
            updated=now,
        )

    def of_object(self, bucket: Bucket, stored: StoredObject) -> Iterator[tuple[Trigger, Event]]:
        event = Event(
            id=str(stored.generation),
            source=f"//storage.googleapis.com/projects/_/buckets/{bucket.name}",
            type=FINALIZED,
            subject=f"objects/{stored.name}",
            time=stored.created,
            attributes={"bucket": bucket.name},
            data=self._objects.described(stored),
        )
        for trigger in self.table:
            wanted = trigger.filters
            if wanted["type"] == FINALIZED and wanted.get("bucket") == bucket.name:
                yield trigger, event

    def of_message(self, topic: Topic, message: dict[str, Any]) -> Iterator[tuple[Trigger, Event]]:
        for trigger in self.table:
            if trigger.filters["type"] == PUBLISHED and trigger.topic == topic.name:
                # Both spellings are there, as Pub/Sub's push has it.
                told = {
                    **message,
                    "message_id": message["messageId"],
                    "publish_time": message["publishTime"],
                }
                yield (
                    trigger,
                    Event(
                        id=message["messageId"],
                        source=f"//pubsub.googleapis.com/{topic.name}",
                        type=PUBLISHED,
                        time=self._clock.now(),
                        data={"subscription": trigger.subscription, "message": told},
                    ),
                )
