"""The execution environments of all functions: kept warm for a while, ended when idle."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid

from provisioning.sandbox.aws.lambdas.environment import Environment, Result
from provisioning.sandbox.aws.lambdas.functions import Functions
from provisioning.sandbox.aws.lambdas.records import LATEST, Function
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.clock import to_datetime

IDLE_SECONDS = 120.0
_LOOK_SECONDS = 5.0


class Environments:
    """Called with the world unlocked, but for `retire`."""

    def __init__(self, world: World, functions: Functions) -> None:
        self._world = world
        self._functions = functions
        self._folder = world.folder / "lambda-environments"
        shutil.rmtree(self._folder, ignore_errors=True)  # left by a kill
        self._changing = threading.Lock()
        self._idle: dict[str, list[Environment]] = {}  # by function
        self._busy: set[Environment] = set()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        world.simulation.at_close(self.close)

    def run(self, function: Function, *, id: str, event: str) -> Result:
        """Invoke the function as it was when `function` was copied."""
        environment = self._take(function)
        try:
            return environment.invoke(id=id, event=event)
        finally:
            self._give_back(environment)

    def retire(self, key: str) -> None:
        """The function has changed or is gone; what serves a request still ends after it."""
        with self._changing:
            found = self._idle.pop(key, [])
        for environment in found:
            self._end(environment)

    def close(self) -> None:
        self._closed.set()
        with self._changing:
            found = [*self._busy, *(each for idle in self._idle.values() for each in idle)]
            self._idle.clear()
        for environment in found:
            self._end(environment)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, function: Function) -> Environment:
        with self._changing:
            idle = self._idle.pop(function.key, [])
            usable = [each for each in idle if each.alive and _is_of(each, function)]
            taken = usable.pop() if usable else None
            self._idle[function.key] = usable
            if taken:
                self._busy.add(taken)
        for each in idle:
            if each is not taken and each not in usable:
                self._end(each)
        return taken or self._make(function)

    def _make(self, function: Function) -> Environment:
        id = uuid.uuid4().hex
        day = to_datetime(self._world.clock.read()).strftime("%Y/%m/%d")
        key = self._world.keys.issue(Session(role_arn=function.role, session_name=function.name))
        made = Environment(
            function,
            code=self._functions.code.path(function.code),
            folder=self._folder / id,
            stream=f"{day}/[{LATEST}]{id}",
            key=key,
            url=self._world.url,
        )
        with self._changing:
            self._busy.add(made)
        return made

    def _give_back(self, environment: Environment) -> None:
        now = self._functions.table.get(environment.function.key)
        keep = now is not None and _is_of(environment, now)
        keep = keep and environment.alive and not self._closed.is_set()
        with self._changing:
            self._busy.discard(environment)
            if keep:
                environment.idle_since = time.monotonic()
                self._idle.setdefault(environment.function.key, []).append(environment)
                self._begin_watch()
        if not keep:
            self._end(environment)

    def _end(self, environment: Environment) -> None:
        self._world.keys.revoke(environment.key)
        environment.end()
        with contextlib.suppress(OSError):
            environment.clear()

    def _begin_watch(self) -> None:
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._end_idle, name="lambda-idle", daemon=True)
            self._watch.start()

    def _end_idle(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            latest = time.monotonic() - IDLE_SECONDS
            with self._changing:
                found = [
                    each for idle in self._idle.values() for each in idle
                    if each.idle_since < latest
                ]  # fmt: skip
                for each in found:
                    self._idle[each.function.key].remove(each)
            for each in found:
                self._end(each)


def _is_of(environment: Environment, function: Function) -> bool:
    """Whether it runs the function as it is now."""
    return environment.function.revision == function.revision
