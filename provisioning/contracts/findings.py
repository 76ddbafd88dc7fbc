"""What a cloud has."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from provisioning.contracts.kinds import Value
from provisioning.contracts.triggers import TriggerSpec


class NativeTrigger(Value):
    """A schedule or trigger as an account has it, whoever made it."""

    cloud_id: str
    name: str  # as Claims have it
    kind: str  # the field's term: "EventBridge schedule", "Data Factory trigger"
    running: bool
    native: str = ""  # as the cloud writes it; a list may lack it
    targets: tuple[str, ...] = ()  # cloud ids of what it starts


class Claims(Value):
    """What in an account belongs to one stack."""

    names: frozenset[str] = frozenset()  # of its schedules and triggers
    targets: frozenset[str] = frozenset()  # cloud ids of what its triggers start


class Instance(Value):
    """A machine that belongs to the Pipeline and is started and stopped by people."""

    name: str
    kind: str  # "Notebook instance"
    status: Literal["running", "stopped", "changing", "failed"]
    cloud_status: str
    url: str | None = None


class SeenTrigger(Value):
    """What starts something that can be watched, as the account has it."""

    cloud_id: str
    name: str
    native: str  # as the cloud writes it
    running: bool
    spec: TriggerSpec  # when it fires, as far as that can be read; its key follows from the id
    since: AwareDatetime | None = None  # it is so since then at the latest, where the cloud tells
    next: AwareDatetime | None = None
    starts_as: str = ""  # the identity of what it starts, where the cloud keeps that of a run
    note: str = ""  # a sentence: what is special about it, or why it is not known when it fires


class Watchable(Value):
    """Something in an account that can be watched, with all that starts it."""

    kind: str  # of the watcher that knows it
    cloud_id: str
    name: str
    region: str
    target: str = ""  # whose runs are its own, where that is something else than itself
    detail: str = ""
    console: str = ""  # where the cloud's own console shows it
    triggers: tuple[SeenTrigger, ...] = ()
    last_run: AwareDatetime | None = None  # where that costs nothing to know


class Unread(Value):
    """What an account may not be asked for: it may be there or not, nobody knows."""

    what: str  # "Step Functions state machines"
    missing: tuple[str, ...] = ()  # permissions: "states:ListStateMachines"
    message: str
    kinds: tuple[str, ...] = ()  # of what can be watched: their list is not whole
