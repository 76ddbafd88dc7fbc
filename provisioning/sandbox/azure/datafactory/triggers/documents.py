"""Triggers as documents: a started one may be neither changed nor deleted."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory import forms
from provisioning.sandbox.azure.datafactory.documents import Document
from provisioning.sandbox.azure.datafactory.names import TRIGGER
from provisioning.sandbox.azure.datafactory.triggers.checks import require_trigger
from provisioning.sandbox.azure.datafactory.triggers.records import TriggerState
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.forms import Form
from provisioning.sandbox.records import Table


class Triggers(Document):
    template = "factories/{}/triggers/{}"
    label = "Triggers"
    what = "trigger"

    @property
    def form(self) -> Form:
        return forms.trigger

    def __init__(self, manager: Manager) -> None:
        super().__init__(manager)
        self._states = Table(manager.world.store, kind="azure_trigger", record=TriggerState)
        manager.when_removed(TRIGGER, lambda trigger: self._states.delete(trigger.key))

    def state(self, trigger: Resource) -> TriggerState:
        return self._states.get(trigger.key) or TriggerState(trigger=trigger.id)

    def keep(self, state: TriggerState) -> None:
        self._states.put(state)

    def check(self, draft: Resource, before: Resource | None) -> None:
        if before is not None:
            self._require_still(before)
        draft.properties.pop("runtimeState", None)  # only `start` and `stop` say that
        require_trigger(draft, before)

    def require_deletable(self, resource: Resource) -> None:
        self._require_still(resource)
        super().require_deletable(resource)

    def require_settled(self, trigger: Resource) -> None:
        """Raises RestError while Event Grid is at work on its subscription."""
        if self.state(trigger).moving_until > self.manager.now():
            raise bad_request("Resource cannot be updated during provisioning")

    def shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        started = self.state(resource).started
        return {**resource.properties, "runtimeState": "Started" if started else "Stopped"}

    def _require_still(self, trigger: Resource) -> None:
        if self.state(trigger).started:
            message = "Cannot update enabled Trigger; the trigger needs to be disabled first. "
            raise bad_request(message, code="TriggerEnabledCannotUpdate")
        self.require_settled(trigger)
