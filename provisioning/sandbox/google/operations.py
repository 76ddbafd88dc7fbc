"""Long-running operations: what a call began, and what came of it.

Each kind has a function that completes it when its time has come. What a restart finds
unfinished is completed then.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.google.calls import Call, Operations, not_found, parent_of
from provisioning.sandbox.google.dialect import rpc_status
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.rest import RestError
from provisioning.sandbox.world import World

_KEPT_SECONDS = 30 * 86_400.0


class Operation(Record):
    name: str
    service: str  # "eventarc"
    kind: str  # "create-trigger"
    target: str
    verb: str
    created: float
    due: float
    metadata: dict[str, Any] = {}
    wish: dict[str, Any] = {}
    done: bool = False
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return f"{self.service}/{self.name}"

    def described(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"name": self.name, "metadata": self.metadata, "done": self.done}
        if self.done and self.error is None:
            answer["response"] = self.response or {}
        return {**answer, "error": self.error} if self.error else answer


# Completes an operation: the response, with its "@type". Raises RestError.
Completion = Callable[[Operation, float], dict[str, Any]]
Metadata = Callable[[Operation, dict[str, Any] | None], dict[str, Any]]


class OperationTable:
    """`metadata` tells what an operation says of itself, and what its resource is by then."""

    def __init__(
        self,
        world: World,
        *,
        service: str,
        completions: Mapping[str, Completion],
        metadata: Metadata,
    ) -> None:
        self._table = Table(world.store, kind=f"google {service} operation", record=Operation)
        self._service = service
        self._completions = completions
        self._metadata = metadata
        self._clock = world.clock
        self._simulation = world.simulation
        self._kind = f"google {service} operation"
        self._simulation.handle(self._kind, self._complete)
        for operation in self._table:
            if not operation.done:
                self._announce(operation)

    def begin(
        self,
        kind: str,
        target: str,
        *,
        seconds: float,
        wish: Mapping[str, Any] | None = None,
        resource: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The operation as its call answers it."""
        now = self._clock.now()
        operation = Operation(
            name=f"{parent_of(target)}/operations/{self._id(now)}",
            service=self._service,
            kind=kind,
            target=target,
            verb=kind.partition("-")[0],
            created=now,
            due=now + seconds,
            wish=dict(wish or {}),
        )
        operation.metadata = self._metadata(operation, resource)
        self._forget_old(now)
        self._table.put(operation)
        self._announce(operation)
        return operation.described()

    def operations(self) -> Operations:
        return {
            "projects.locations.operations.get": self._get,
            "projects.locations.operations.list": self._list,
            "projects.locations.operations.delete": self._delete,
        }

    def under_way(self, target: str) -> bool:
        return any(one.target == target and not one.done for one in self._table)

    def _id(self, now: float) -> str:
        return f"operation-{int(now * 1000)}-{uuid.uuid4().hex[:20]}"

    def _announce(self, operation: Operation) -> None:
        self._simulation.announce(at=operation.due, kind=self._kind, key=operation.key)

    def _complete(self, key: str, time: float) -> None:
        operation = self._table.get(key)
        if operation is None or operation.done or operation.due != time:
            return
        operation.done = True
        try:
            operation.response = self._completions[operation.kind](operation, time)
        except RestError as error:
            operation.error = rpc_status(error)
        operation.metadata = {
            **operation.metadata,
            **self._metadata(operation, operation.response),
        }
        self._table.put(operation)

    def _forget_old(self, now: float) -> None:
        for operation in self._table:
            if operation.done and operation.created < now - _KEPT_SECONDS:
                self._table.delete(operation.key)

    def _find(self, call: Call) -> Operation:
        found = self._table.get(f"{self._service}/{call['name']}")
        if found is None:
            raise not_found(call["name"])
        return found

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described()

    def _list(self, call: Call) -> dict[str, Any]:
        mine = [one for one in self._table if one.name.startswith(f"{call['name']}/operations/")]
        mine.sort(key=lambda one: one.created, reverse=True)
        return page(call, mine, "operations", Operation.described)

    def _delete(self, call: Call) -> dict[str, Any]:
        self._table.delete(self._find(call).key)
        return {}


def usual_metadata(kind: str) -> Metadata:
    """Of the APIs whose operations speak of themselves, not of their resource."""

    def describe(operation: Operation, resource: dict[str, Any] | None) -> dict[str, Any]:
        ended = {"endTime": written(operation.due)} if operation.done else {}
        return {
            "@type": f"type.googleapis.com/{kind}",
            "createTime": written(operation.created),
            "target": operation.target,
            "verb": operation.verb,
            "requestedCancellation": False,
            "apiVersion": "v1",
            **ended,
        }

    return describe
