"""Eventarc's API: triggers.
https://cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import Call, Operations, exists, not_found, parent_of
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.eventarc import checks
from provisioning.sandbox.google.eventarc.deliveries import Deliveries
from provisioning.sandbox.google.eventarc.records import Trigger
from provisioning.sandbox.google.eventarc.triggers import Triggers
from provisioning.sandbox.google.filters import filtered
from provisioning.sandbox.google.iam_methods import IamMethods
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.google.operations import Operation, OperationTable, usual_metadata
from provisioning.sandbox.world import World

_SECONDS = 0.4
_TYPE = "type.googleapis.com/google.cloud.eventarc.v1.Trigger"


class EventarcApi:
    def __init__(
        self,
        world: World,
        identity: Identity,
        *,
        triggers: Triggers,
        deliveries: Deliveries,
        checks: checks.TriggerChecks,
    ) -> None:
        self._clock = world.clock
        self._policies = identity.policies
        self._triggers = triggers
        self._deliveries = deliveries
        self._checks = checks
        self._iam = IamMethods(identity, lambda call: self._find(call).name)
        self._operations = OperationTable(
            world,
            service="eventarc",
            completions={
                "create-trigger": self._created,
                "update-trigger": self._updated,
                "delete-trigger": self._deleted,
            },
            metadata=usual_metadata("google.cloud.eventarc.v1.OperationMetadata"),
        )

    def operations(self) -> Operations:
        collection = "projects.locations.triggers"
        return {
            **self._operations.operations(),
            **self._iam.operations(collection),
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.patch": self._patch,
            f"{collection}.delete": self._delete,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        checks.require_id(call["triggerId"])
        name = f"{call['parent']}/triggers/{call['triggerId']}"
        if self._triggers.table.get(name):
            raise exists(name)
        self._require_free(name)
        wish = {key: value for key, value in call.body.items() if key not in ("name", "etag")}
        self._checks.require(call, name, wish)
        trigger = self._triggers.make(name, wish)
        if call.flag("validateOnly"):
            return {"done": True, "response": {"@type": _TYPE, **trigger.described()}}
        made = {"trigger": trigger.model_dump()}
        return self._operations.begin("create-trigger", name, seconds=_SECONDS, wish=made)

    def _created(self, operation: Operation, time: float) -> dict[str, Any]:
        trigger = Trigger.model_validate(operation.wish["trigger"])
        self._triggers.table.put(trigger)
        return {"@type": _TYPE, **trigger.described()}

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described()

    def _list(self, call: Call) -> dict[str, Any]:
        mine = [one for one in self._triggers.table if _lies_in(one, call["parent"])]
        mine.sort(key=lambda one: one.name)
        found = filtered(mine, call["filter"], Trigger.described)
        return page(call, found, "triggers", Trigger.described)

    def _patch(self, call: Call) -> dict[str, Any]:
        trigger = self._find(call)
        self._require_free(trigger.name)
        paths = masked(call, fields=dict.fromkeys(checks.WRITABLE))
        for path in paths:
            if path.partition(".")[0] not in checks.WRITABLE:
                raise checks.invalid(f"The field '{path}' of a trigger cannot be updated.")
        wish = patched(trigger.wish, call.body, paths)
        self._checks.require(call, trigger.name, wish)
        return self._operations.begin(
            "update-trigger", trigger.name, seconds=_SECONDS, wish={"wish": wish}
        )

    def _updated(self, operation: Operation, time: float) -> dict[str, Any]:
        trigger = self._triggers.table.get(operation.target)
        if trigger is None:
            raise refusal("NOT_FOUND", f"Resource '{operation.target}' was not found")
        trigger.wish, trigger.updated = operation.wish["wish"], time
        trigger.changes += 1
        self._triggers.table.put(trigger)
        return {"@type": _TYPE, **trigger.described()}

    def _delete(self, call: Call) -> dict[str, Any]:
        trigger = self._find(call)
        self._require_free(trigger.name)
        if call["etag"] and call["etag"] != trigger.described()["etag"]:
            raise refusal("ABORTED", "The etag does not match that of the trigger.")
        return self._operations.begin("delete-trigger", trigger.name, seconds=_SECONDS)

    def _deleted(self, operation: Operation, time: float) -> dict[str, Any]:
        trigger = self._triggers.table.get(operation.target)
        if trigger is None:
            raise refusal("NOT_FOUND", f"Resource '{operation.target}' was not found")
        self._triggers.table.delete(trigger.key)
        self._policies.forget(trigger.name)
        self._deliveries.forget(trigger)
        return {"@type": _TYPE, **trigger.described()}

    def _find(self, call: Call) -> Trigger:
        trigger = self._triggers.table.get(call.resource)
        if trigger is None:
            raise not_found(call.resource)
        return trigger

    def _require_free(self, name: str) -> None:
        if self._operations.under_way(name):
            message = f"unable to queue the operation: '{name}' is being changed already"
            raise refusal("ABORTED", message)


def _lies_in(trigger: Trigger, parent: str) -> bool:
    """`-` stands for all locations."""
    project, _, location = parent.rpartition("/locations/")
    if location == "-":
        return trigger.name.startswith(f"{project}/locations/")
    return parent_of(trigger.name) == parent
