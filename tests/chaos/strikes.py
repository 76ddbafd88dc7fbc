"""What is killed, and at which moment of an operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import psutil

from provisioning.contracts import OperationEvent, PhaseEvent, ResourceEvent


class Target(StrEnum):
    ENGINE = "engine"
    OPERATION = "operation"
    BOTH = "operation and engine"
    WORKER = "worker"
    FORK_SERVER = "fork server"  # what it forked outlives it, and so has to succeed
    SANDBOX = "sandbox"
    REDIS = "redis"
    SUPERVISOR = "supervisor"  # its parts go with it, operations notice by themselves
    MACHINE = "machine"  # every process at once


SHARED = (
    Target.WORKER, Target.FORK_SERVER, Target.SANDBOX, Target.REDIS, Target.SUPERVISOR,
    Target.MACHINE,
)  # fmt: skip
WHOLE = (Target.SUPERVISOR, Target.MACHINE)
WEIGHTS = {
    Target.ENGINE: 30, Target.OPERATION: 24, Target.BOTH: 20, Target.WORKER: 12,
    Target.FORK_SERVER: 6, Target.SANDBOX: 4, Target.REDIS: 5, Target.SUPERVISOR: 2,
    Target.MACHINE: 3,
}  # fmt: skip
# By operation: the phases in which it can be struck.
PHASES = {
    "preview": ("prepare", "preview"),
    "up": ("prepare", "apply", "apply", "apply", "verify"),
    "refresh": ("prepare", "apply"),
    "destroy": ("prepare", "apply", "apply", "verify"),
}
CHANGING = ("create", "update", "replace", "delete")
WORDS = {  # in the command lines of parts
    Target.WORKER: ("worker", "celery"),
    Target.FORK_SERVER: ("provisioning.operations", "--serve"),
    Target.SANDBOX: ("provisioning.sandbox",),
}
NAMES = {  # of parts that write over their command lines
    Target.REDIS: ("redis-server", "valkey-server"),
}


@dataclass(frozen=True)
class Strike:
    """Kill `target` when the operation is in `phase`: at once, after `delay`, or when `step`
    resources have begun to be changed."""

    target: Target
    phase: str
    step: int
    delay: float

    def __str__(self) -> str:
        at = f" at resource {self.step}" if self.step else f" after {self.delay:.1f} s"
        return f"{self.target} in {self.phase}{at}"

    def is_due(self, events: Sequence[OperationEvent]) -> bool:
        if self.step:
            begun = (each for each in events if isinstance(each, ResourceEvent))
            changing = [e for e in begun if e.state == "running" and e.op in CHANGING]
            return len(changing) >= self.step
        phases = (each for each in events if isinstance(each, PhaseEvent))
        return any(each.phase == self.phase and each.state == "started" for each in phases)


def choose(random: Random, operation: str, *, changes: int, targets: Sequence[Target]) -> Strike:
    """A strike at a phase that the operation has, by the seed. `changes`: how many resources it
    will change at least; where that is none it is struck by the clock."""
    phase = random.choice(PHASES[operation])
    weights = [WEIGHTS[target] for target in targets]
    target = random.choices(list(targets), weights)[0]
    if target is Target.ENGINE and phase in ("prepare", "verify"):
        phase = "apply" if operation != "preview" else "preview"
    step = random.randint(1, changes) if phase == "apply" and changes else 0
    delay = random.choice((0.0, 0.0, 0.1, 0.3) if step or phase != "apply" else (0.1, 0.4, 0.8))
    return Strike(target, phase, step, delay)


def processes(target: Target, *, supervisor: int, operation: int | None) -> list[psutil.Process]:
    """Those to kill, found now."""
    if target in (Target.ENGINE, Target.OPERATION, Target.BOTH):
        return _of_operation(target, operation)
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(supervisor)
        if target is Target.SUPERVISOR:
            return [root]
        parts = root.children(recursive=True)
        if target is Target.MACHINE:
            return [root, *parts]
        return [each for each in parts if _is(each, target)]
    return []


def _of_operation(target: Target, pid: int | None) -> list[psutil.Process]:
    if pid is None:  # psutil would take that for this process
        return []
    with suppress(psutil.NoSuchProcess):
        operation = psutil.Process(pid)
        engines = [each for each in operation.children(recursive=True) if _is_engine(each)]
        if target is Target.ENGINE:
            return engines
        return [operation, *(engines if target is Target.BOTH else ())]
    return []


def kill(found: Sequence[psutil.Process]) -> int:
    """SIGKILL to each; how many it reached."""
    return sum(map(_kill, found))


def _kill(process: psutil.Process) -> bool:
    try:
        process.kill()  # which looks first whether the id is another process's by now
    except psutil.NoSuchProcess:
        return False
    return True


def _is(process: psutil.Process, target: Target) -> bool:
    if target in NAMES:
        return _asked(process, lambda: process.name() in NAMES[target])
    return _asked(process, lambda: all(word in process.cmdline() for word in WORDS[target]))


def _is_engine(process: psutil.Process) -> bool:
    return _asked(process, lambda: process.name() == "pulumi")


def _asked(process: psutil.Process, question: Callable[[], bool]) -> bool:
    try:
        return question()
    except psutil.Error:
        return False
