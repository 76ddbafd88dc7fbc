"""The instances of all services: started when a request comes, kept warm, ended when idle."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.sandbox.google.metadata import Identity, MetadataServer
from provisioning.sandbox.google.run.instance import DidNotStart, Instance
from provisioning.sandbox.google.run.records import Revision
from provisioning.sandbox.world import World

IDLE_SECONDS = 120.0
_LOOK_SECONDS = 5.0
_MOST = 3  # of one revision: this is one machine
_PATIENCE_SECONDS = 10.0  # that a request waits for a place

# The revision, the instance's id, a line, and whether it was written to the standard error.
Told = Callable[[Revision, str, str, bool], None]


class NoInstance(Exception):
    """All are busy, and there may not be more."""


class Instances:
    """Called with the world unlocked, but for `retire`."""

    def __init__(self, world: World, metadata: MetadataServer, *, url: str, tell: Told) -> None:
        self._folder = world.folder / "google-instances"
        self._metadata = metadata
        self._url = url
        self._tell = tell
        shutil.rmtree(self._folder, ignore_errors=True)  # left by a kill
        self._changed = threading.Condition()
        self._of: dict[str, list[Instance]] = {}  # by revision
        self._retired: set[str] = set()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        world.simulation.at_close(self.close)

    @contextmanager
    def place(self, revision: Revision, source: Path) -> Iterator[Instance]:
        """A place in an instance that listens. Raises NoInstance or DidNotStart."""
        instance = self._take(revision, source)
        try:
            instance.wait_until_it_listens()
            yield instance
        except DidNotStart:
            self._drop(instance)
            raise
        finally:
            self._give_back(instance)

    def retire(self, revision: str) -> None:
        """Another one has taken over: its instances end after what they are at."""
        with self._changed:
            self._retired.add(revision)
            idle = [one for one in self._of.get(revision, []) if not one.requests]
            self._of[revision] = [one for one in self._of.get(revision, []) if one.requests]
        for instance in idle:
            self._end(instance)

    def close(self) -> None:
        self._closed.set()
        with self._changed:
            found = [one for instances in self._of.values() for one in instances]
            self._of.clear()
        for instance in found:
            self._metadata.forget(instance.id)
            instance.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, revision: Revision, source: Path) -> Instance:
        until = time.monotonic() + _PATIENCE_SECONDS
        with self._changed:
            while True:
                found = self._with_room(revision)
                if found is None and self._may_start(revision):
                    found = self._make(revision, source)
                if found is not None:
                    found.requests += 1
                    return found
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    raise NoInstance

    def _with_room(self, revision: Revision) -> Instance | None:
        instances = [one for one in self._of.get(revision.name, []) if one.alive]
        self._of[revision.name] = instances
        free = [one for one in instances if one.requests < revision.concurrency]
        return min(free, key=lambda one: one.requests, default=None)

    def _may_start(self, revision: Revision) -> bool:
        return len(self._of[revision.name]) < min(revision.most_instances, _MOST)

    def _make(self, revision: Revision, source: Path) -> Instance:
        id = uuid.uuid4().hex
        who = Identity(revision.project, revision.location, revision.account, id)
        variables = {
            **{one["name"]: one.get("value", "") for one in revision.container.get("env", [])},
            "K_SERVICE": revision.service,
            "K_CONFIGURATION": revision.service,
            "K_REVISION": revision.labels["revision_name"],
            "CLOUD_RUN_TIMEOUT_SECONDS": f"{revision.timeout:g}",
            "SKYCLOCK_GOOGLE_ENDPOINT": self._url,
            # Calls are quicker here, and the clock may leap ahead of real time.
            "SKYCLOCK_LEASE_SECONDS": "10",
            **self._metadata.let_in(who),
        }
        instance = Instance(
            revision,
            id=id,
            source=source,
            folder=self._folder / id,
            variables=variables,
            tell=lambda line, error: self._tell(revision, id, line, error),
        )
        self._of[revision.name].append(instance)
        self._begin_watch()
        return instance

    def _give_back(self, instance: Instance) -> None:
        with self._changed:
            instance.requests -= 1
            instance.idle_since = time.monotonic()
            instances = self._of.get(instance.revision.name, [])
            over = instance.revision.name in self._retired and not instance.requests
            if over and instance in instances:
                instances.remove(instance)
            self._changed.notify_all()
        if over and not self._closed.is_set():
            self._end(instance)

    def _drop(self, instance: Instance) -> None:
        with self._changed:
            instances = self._of.get(instance.revision.name, [])
            if instance in instances:
                instances.remove(instance)
        instance.kill()
        self._metadata.forget(instance.id)

    def _end(self, instance: Instance) -> None:
        """It may take its time, so nobody waits for it."""

        def end() -> None:
            with contextlib.suppress(OSError):
                instance.end()
            self._metadata.forget(instance.id)

        threading.Thread(target=end, name="instance-end", daemon=True).start()

    def _begin_watch(self) -> None:
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._end_idle, name="run-idle", daemon=True)
            self._watch.start()

    def _end_idle(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            latest = time.monotonic() - IDLE_SECONDS
            with self._changed:
                every = [one for instances in self._of.values() for one in instances]
                idle = [one for one in every if not one.requests and one.idle_since < latest]
                for instance in idle:
                    self._of[instance.revision.name].remove(instance)
            for instance in idle:
                self._end(instance)
