"""Misbehaving on purpose: what people ask the sandbox to do wrong, and for how long."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import Literal
from uuid import uuid4

from pydantic import Field

from provisioning.contracts import Cloud, FaultKind, SandboxFault
from provisioning.sandbox.clock import Clock, to_datetime
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.store import Store

# fail_step     a job, state, activity or step of this name fails, with `message`
# throttle      calls are answered with the cloud's own throttling error
# delay         calls are answered, and firings delivered, `seconds` later
# refuse        calls are answered with `code` and `message`
# drop_firing   a schedule, rule or trigger of this name fires into the void
# away          no call is answered: the connection is closed
# skew          the cloud's clock, against which it holds signatures and tokens, is `seconds`
#               ahead of real time, or behind it where they are negative
CloudName = Literal["aws", "azure", "google"]


class Fault(Record):
    id: str = Field(default_factory=lambda: uuid4().hex[:12])
    kind: FaultKind
    cloud: CloudName
    match: str = "*"  # of a name or an operation; * and ? as in file names, case counts
    count: int | None = None  # how often more; None: until it is taken back or `until` passes
    until: float | None = None  # time of the sandbox
    seconds: float = 0.0
    code: str = ""
    message: str = ""

    @property
    def key(self) -> str:
        return self.id

    @property
    def why_dropped(self) -> str:
        """For the journal, of every cloud."""
        return self.message or "The sandbox was told to drop it."


class Faults:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.table = Table(store, kind="fault", record=Fault)
        self._clock = clock

    def take(self, kind: FaultKind, cloud: CloudName, *names: str) -> Fault | None:
        """The fault that strikes here, used up by one; any of the names may match.
        Call it with the world locked."""
        for fault in self.table:
            if fault.until is not None and fault.until <= self._clock.now():
                self.table.delete(fault.key)
            elif (fault.kind, fault.cloud) == (kind, cloud) and _matches(fault, names):
                self._use(fault)
                return fault
        return None

    def skew(self, cloud: CloudName, *names: str) -> float:
        """How many seconds a cloud's clock is ahead. Call it with the world locked."""
        if not len(self.table):
            return 0.0
        fault = self.take("skew", cloud, *names)
        return fault.seconds if fault else 0.0

    def shown_skew(self, cloud: CloudName) -> float:
        """The same for the dates of answers: of a skew of the whole cloud, which is not used up.
        Call it with the world locked."""
        now = self._clock.now()
        skews = (
            each.seconds
            for each in self.table
            if (each.kind, each.cloud, each.match) == ("skew", cloud, "*")
            and (each.until is None or each.until > now)
        )
        return next(skews, 0.0)

    def real_now(self, cloud: CloudName, *names: str) -> float:
        """Real time, as the cloud's clock shows it. Call it with the world locked."""
        return time.time() + self.skew(cloud, *names)

    def add(self, wanted: SandboxFault) -> SandboxFault:
        """Call it with the world locked, as all of these."""
        values = wanted.model_dump(exclude={"id", "cloud", "until"})
        until = wanted.until.timestamp() if wanted.until else None
        fault = Fault(**values, cloud=wanted.cloud.value, until=until)
        self.table.put(fault)
        return _shown(fault)

    def every(self) -> list[SandboxFault]:
        now = self._clock.now()
        return [_shown(each) for each in self.table if each.until is None or each.until > now]

    def remove(self, id: str) -> bool:
        """Whether there was one."""
        known = self.table.get(id) is not None
        self.table.delete(id)
        return known

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        fault.count -= 1
        if fault.count > 0:
            self.table.put(fault)
        else:
            self.table.delete(fault.key)


def _matches(fault: Fault, names: tuple[str, ...]) -> bool:
    return fault.match == "*" or any(fnmatchcase(name, fault.match) for name in names)


def _shown(fault: Fault) -> SandboxFault:
    values = fault.model_dump(exclude={"cloud", "until"})
    until = to_datetime(fault.until) if fault.until is not None else None
    return SandboxFault(**values, cloud=Cloud(fault.cloud), until=until)
