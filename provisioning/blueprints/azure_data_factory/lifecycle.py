"""Starting and stopping native triggers around a change.

No engine can start a trigger: that is a call of its own, and Data Factory refuses to change one
that runs (`TriggerEnabledCannotUpdate`). So what is going to change is stopped before an up, and
what ought to run is started after it. A crash in between leaves triggers stopped: the proof says
so, and the next deployment starts them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from provisioning.blueprints.base import Planned, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import Operation, ResourceEvent, ResourceOp, StackSpec
from provisioning.errors import CloudError, NotFound, SkyclockError

from . import names
from .api import EVENT_TYPES, STARTED, FactoryApi, Json, running

PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 1.0
DATA_FACTORY = "azure-native:datafactory"
CHANGES = (ResourceOp.UPDATE, ResourceOp.REPLACE, ResourceOp.DELETE)
GOES = (ResourceOp.REPLACE, ResourceOp.DELETE)
WINDOW = "TumblingWindowTrigger"


class Switch:
    """One factory's triggers, started and stopped as Azure wants it, with a line for each."""

    def __init__(self, api: FactoryApi, tell: Tell) -> None:
        self._api = api
        self._tell = tell

    @classmethod
    def of(cls, session: Session, spec: StackSpec, tell: Tell) -> Switch:
        return cls(FactoryApi(session, spec), tell)

    def triggers(self) -> dict[str, Json]:
        return self._api.triggers()

    def stop(self, name: str, properties: Json) -> None:
        """First the events, then the trigger: the order of Azure's own script.
        https://learn.microsoft.com/en-us/azure/data-factory/continuous-integration-delivery-sample-script
        """
        if properties.get("type") in EVENT_TYPES:
            self._settle(lambda: self._api.unsubscribe(name))
            self._wait(name, "Disabled", "Unknown")
        self._settle(lambda: self._api.stop(name))
        self._tell(f"Trigger {name} is stopped.")

    def start(self, name: str, properties: Json) -> None:
        if properties.get("type") in EVENT_TYPES:
            self._tell(f"Trigger {name} is being subscribed to its events.")
            self._settle(lambda: self._api.subscribe(name))
            self._wait(name, "Enabled")
        self._settle(lambda: self._api.start(name))
        self._tell(f"Trigger {name} is started.")

    def _wait(self, name: str, *wanted: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while (status := self._api.subscription(name)) not in wanted:
            if time.monotonic() > until:
                message = f"The subscription of trigger {name} is still {status}, not {wanted[0]}."
                raise CloudError(message, code="Timeout", operation="wait for Event Grid")
            time.sleep(LOOK_SECONDS)

    def _settle(self, ask: Callable[[], None]) -> None:
        """While Event Grid is at work on a trigger, Data Factory refuses to touch it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except CloudError as error:
                # The code is that of any bad request, so that the words have to tell.
                if "during provisioning" not in error.message or time.monotonic() > until:
                    raise
            time.sleep(LOOK_SECONDS)


def stop_before(
    session: Session, spec: StackSpec, operation: Operation, planned: Planned, tell: Tell
) -> tuple[str, ...]:
    """Stop what runs and is going to change; returns the names. All or nothing."""
    switch = Switch.of(session, spec, tell)
    triggers = switch.triggers()
    runs = running(triggers)
    if operation is Operation.UP and runs:
        touched = _touched(spec, planned())
        runs = [name for name in runs if name in touched or touched == {"*"}]
        _tell_of_windows(spec, planned(), triggers, tell)
    stopped: list[str] = []
    try:
        for name in runs:
            switch.stop(name, triggers[name])
            stopped.append(name)
    except SkyclockError:
        _start_again(switch, stopped, tell)
        raise
    if operation is Operation.UP and any(triggers[name].get("type") != WINDOW for name in stopped):
        tell("Times, files and events that pass until they are started again start nothing.")
    return tuple(stopped)


def start_after(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Start what ought to run, stop what ought not to. Tries all before it complains."""
    switch = Switch.of(session, spec, tell)
    triggers = switch.triggers()
    keys = tuple(each.key for each in spec.triggers)
    paused = {each.key for each in spec.triggers if each.paused}
    failures: list[CloudError] = []
    for name, properties in triggers.items():
        key = names.key_of(spec.slug, name, keys)
        runs = properties.get("runtimeState") == STARTED
        try:
            if key in paused and runs:
                switch.stop(name, properties)
            elif key and key not in paused and not runs:
                switch.start(name, properties)
        except CloudError as error:
            tell(f"Trigger {name} could not be switched: {error}")
            failures.append(error)
    if failures:
        raise failures[0]


def start_again(session: Session, spec: StackSpec, stopped: Sequence[str], tell: Tell) -> None:
    """After a failure: exactly those that ran before, as far as they are still there."""
    _start_again(Switch.of(session, spec, tell), stopped, tell)


def _start_again(switch: Switch, stopped: Iterable[str], tell: Tell) -> None:
    """Never raises: the failure that it follows is the one to be told."""
    for name in stopped:
        try:
            triggers = switch.triggers()
            if name not in triggers:
                tell(f"Trigger {name} is gone; it was not started again.")
            elif triggers[name].get("runtimeState") != STARTED:
                switch.start(name, triggers[name])
        except NotFound:
            tell(f"Trigger {name} is gone; it was not started again.")
        except CloudError as error:
            tell(f"Trigger {name} ran before and could not be started again: {error}")


def _tell_of_windows(
    spec: StackSpec, planned: Iterable[ResourceEvent], triggers: dict[str, Json], tell: Tell
) -> None:
    for event in planned:
        name = names.trigger(spec.slug, event.name)
        window = triggers.get(name, {}).get("type") == WINDOW
        if window and event.kind == f"{DATA_FACTORY}:Trigger" and event.op is ResourceOp.REPLACE:
            tell(f"Trigger {name} is made anew: its windows run from the first one on.")


def _touched(spec: StackSpec, planned: Iterable[ResourceEvent]) -> set[str]:
    """The native triggers that the engine will change or delete, by themselves or with what
    they are in; {"*"}: all."""
    found: set[str] = set()
    for event in planned:
        if event.kind == f"{DATA_FACTORY}:Trigger" and event.op in CHANGES:
            found.add(names.trigger(spec.slug, event.name))
        in_them = event.kind in (f"{DATA_FACTORY}:Factory", "azure-native:resources:ResourceGroup")
        if event.op in GOES and (in_them or event.kind == f"{DATA_FACTORY}:Pipeline"):
            return {"*"}
    return found
