"""Asynchronous invocations: accepted durably, run at least once, tried again when they fail.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
import uuid
from collections import deque

from provisioning.sandbox.aws.lambdas.destinations import Destinations
from provisioning.sandbox.aws.lambdas.environment import Result
from provisioning.sandbox.aws.lambdas.functions import Functions
from provisioning.sandbox.aws.lambdas.records import Function, Invocation
from provisioning.sandbox.aws.lambdas.running import Running
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

log = logging.getLogger(__name__)

# As many processes of one function as this machine has use for.
MOST_AT_ONCE = 2
# "Lambda waits one minute before the second attempt, and two minutes before the third."
DELAYS = (60.0, 120.0)
THROTTLED_SECONDS = 60.0


class Invocations:
    def __init__(
        self, world: World, functions: Functions, running: Running, destinations: Destinations
    ) -> None:
        self._world = world
        self._functions = functions
        self._running = running
        self._destinations = destinations
        self._table = Table(world.store, kind="lambda_invocation", record=Invocation)
        self._ready: dict[str, deque[str]] = {}  # ids of invocations, by function
        self._workers: dict[str, int] = {}
        self._next = max((each.number for each in self._table), default=0) + 1
        world.simulation.handle("lambda_invocation", self._due)
        for each in sorted(self._table, key=lambda each: each.number):
            self._announce(each)

    def accept(
        self, function: Function, payload: str, *, source: str, delay: float = 0.0
    ) -> Invocation:
        """Keep an event for the function. It is run soon, also after a kill."""
        now = self._world.clock.now()
        invocation = Invocation(
            id=str(uuid.uuid4()),
            number=self._next,
            function=function.key,
            payload=payload,
            source=source,
            received=now,
            due=now + delay,
        )
        self._next += 1
        self._table.put(invocation)
        if delay > 0:
            self._announce(invocation)
        else:
            self._make_ready(invocation)
        return invocation

    def _announce(self, invocation: Invocation) -> None:
        self._world.simulation.announce(
            at=invocation.due, kind="lambda_invocation", key=invocation.key
        )

    def _due(self, key: str, time: float) -> None:
        invocation = self._table.get(key)
        if invocation is not None and invocation.due == time:
            self._make_ready(invocation)

    def _make_ready(self, invocation: Invocation) -> None:
        key = invocation.function
        if self._most_at_once(key) == 0:
            self._wait(invocation)
            return
        self._ready.setdefault(key, deque()).append(invocation.key)
        self._engage(key)

    def _engage(self, key: str) -> None:
        """Have somebody work on what is ready of a function, if there is room."""
        if self._ready.get(key) and self._workers.get(key, 0) < self._most_at_once(key):
            self._workers[key] = self._workers.get(key, 0) + 1
            self._world.simulation.outside(lambda: self._work(key))

    def _most_at_once(self, key: str) -> int:
        function = self._functions.table.get(key)
        reserved = function.concurrency if function else None
        return MOST_AT_ONCE if reserved is None else min(MOST_AT_ONCE, reserved)

    def _wait(self, invocation: Invocation) -> None:
        """The function may not run at all now: look again in a while, but not for ever."""
        function = self._functions.table.get(invocation.function)
        invocation.due = self._world.clock.now() + THROTTLED_SECONDS
        if function and invocation.due - invocation.received > function.longest_age:
            self._table.delete(invocation.key)
            reason = "Its reserved concurrency is 0, and the event has become too old."
            self._note(invocation, reason)
        else:
            self._table.put(invocation)
            self._announce(invocation)

    # ── Outside of the lock ─────────────────────────────────────────────────────────

    def _work(self, key: str) -> None:
        """Run what is ready of one function, one after the other, until nothing is."""
        try:
            while self._run_next(key):
                pass
        finally:
            with self._world.lock:
                self._workers[key] -= 1
                self._engage(key)  # what came in meanwhile

    def _run_next(self, key: str) -> bool:
        with self._world.lock:
            found = self._take(key)
        if found is None:
            return False
        invocation, function = found
        result = self._running.run(function, id=invocation.id, event=invocation.payload)
        with self._world.lock, self._world.clock.at(self._world.clock.read()):
            self._finished(invocation, function, result)
        self._world.store.commit()
        return True

    def _take(self, key: str) -> tuple[Invocation, Function] | None:
        ready = self._ready.get(key, deque())
        while ready:
            invocation = self._table.get(ready.popleft())
            function = self._functions.table.get(key)
            if invocation is None:
                continue
            if function is None:
                self._table.delete(invocation.key)
                self._note(invocation, "The function was deleted.")
                continue
            return invocation, function.model_copy(deep=True)
        return None

    def _finished(self, invocation: Invocation, function: Function, result: Result) -> None:
        invocation.attempts += 1
        if not result.error:
            self._table.delete(invocation.key)
            self._destinations.send(function, invocation, result, condition="Success")
            return
        reason = failure(result)
        delay = DELAYS[min(invocation.attempts, len(DELAYS)) - 1]
        due = self._world.clock.now() + delay
        if invocation.attempts > function.retries:
            self._give_up(invocation, function, result, "RetriesExhausted")
        elif due - invocation.received > function.longest_age:
            self._give_up(invocation, function, result, "EventAgeExceeded")
        else:
            self._note(invocation, f"{reason} It is tried again in {delay:.0f} s.")
            invocation.due = due
            self._table.put(invocation)
            self._announce(invocation)

    def _give_up(
        self, invocation: Invocation, function: Function, result: Result, condition: str
    ) -> None:
        self._table.delete(invocation.key)
        times = f"{invocation.attempts} time{'s' if invocation.attempts > 1 else ''}"
        self._note(invocation, f"{failure(result)} It was tried {times}.")
        self._destinations.send(function, invocation, result, condition=condition)

    def _note(self, invocation: Invocation, reason: str) -> None:
        account, region, name = invocation.function.split("/")
        arn = Place(account=account, region=region).arn("lambda", f"function:{name}")
        self._world.journal.note("aws", invocation.source, "refused", target=arn, reason=reason)


def failure(result: Result) -> str:
    """What went wrong, in a sentence."""
    error = json.loads(result.payload)
    text = f"{error.get('errorType', 'Error')}: {error.get('errorMessage', '')}".rstrip(". ")
    return f"{text}."
