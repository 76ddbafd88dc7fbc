"""Long-running operations: what a client polls until it is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Literal

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall
from provisioning.sandbox.azure.arm.records import Operation
from provisioning.sandbox.azure.errors import not_found
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestResponse
from provisioning.sandbox.world import World

RESULTS_RULE = f"{PREFIX}/subscriptions/<subscription>/operationresults/<operation>"
STATUS_RULE = f"{PREFIX}/subscriptions/<subscription>/operations/<operation>"
_KEPT = 86_400.0
_VERSION = "2021-04-01"


class Operations:
    def __init__(self, world: World, *, finish: Callable[[Operation], None]) -> None:
        self._world = world
        self._finish = finish
        self._table = Table(world.store, kind="azure_operation", record=Operation)
        world.simulation.handle("azure_operation", self._due)
        for operation in self._table:
            if not operation.done:
                self._announce(operation)

    def begin(
        self,
        call: ArmCall,
        *,
        seconds: float,
        act: Literal["nothing", "delete"] = "nothing",
        resource: str = "",
        body: dict[str, Any] | None = None,
    ) -> Operation:
        now = self._world.clock.now()
        operation = Operation(
            id=uuid.uuid4().hex,
            subscription=call.subscription,
            due=now + seconds,
            act=act,
            resource=resource.lower(),
            body=body,
        )
        self._forget_old(now)
        self._table.put(operation)
        self._announce(operation)
        return operation

    def location(self, call: ArmCall, operation: Operation) -> dict[str, str]:
        """The headers of an answer 202, for a client that waits for the result."""
        return {"Location": _address(call, "operationresults", operation), "Retry-After": "1"}

    def status(self, call: ArmCall, operation: Operation) -> dict[str, str]:
        """The headers of an answer with a body, for a client that waits for the end."""
        return {
            "Azure-AsyncOperation": _address(call, "operations", operation),
            "Retry-After": "1",
        }

    def show_result(self, call: ArmCall) -> RestResponse:
        operation = self._find(call)
        if not operation.done:
            return RestResponse(202, None, self.location(call, operation))
        return RestResponse(200, operation.body) if operation.body else RestResponse(200)

    def show_status(self, call: ArmCall) -> RestResponse:
        operation = self._find(call)
        status = "Succeeded" if operation.done else "InProgress"
        headers = {} if operation.done else {"Retry-After": "1"}
        return RestResponse(200, {"name": operation.id, "status": status}, headers)

    def _find(self, call: ArmCall) -> Operation:
        wanted = call.request.arguments["operation"]
        operation = self._table.get(wanted)
        if operation is None or operation.subscription != call.subscription:
            raise not_found("OperationNotFound", f"The operation '{wanted}' could not be found.")
        return operation

    def _announce(self, operation: Operation) -> None:
        self._world.simulation.announce(at=operation.due, kind="azure_operation", key=operation.key)

    def _due(self, key: str, time: float) -> None:
        operation = self._table.get(key)
        if operation is None or operation.done or operation.due != time:
            return
        self._finish(operation)
        operation.done = True
        self._table.put(operation)

    def _forget_old(self, now: float) -> None:
        for operation in self._table:
            if operation.done and operation.due < now - _KEPT:
                self._table.delete(operation.key)


def _address(call: ArmCall, kind: str, operation: Operation) -> str:
    path = f"/subscriptions/{call.subscription}/{kind}/{operation.id}"
    return f"{call.arm_url}{path}?api-version={_VERSION}"
