"""How a stack stands while nothing is done to it: read from its files, without an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioning.contracts.stacks import project_name
from provisioning.engine import guard
from provisioning.engine.adoption import CutOff, cut_off
from provisioning.engine.backend import Backend
from provisioning.engine.locks import Evidence, StackLock, stack_locks

__all__ = ["CutOff", "LockLeft", "StackFiles", "Standing"]


@dataclass(frozen=True)
class LockLeft:
    """A lock of the engine, and why its owner is known to be dead; None where it is not."""

    pid: int
    host: str
    since: str
    proof: str | None


@dataclass(frozen=True)
class Standing:
    """What an operation left: locks, and work that was cut off; and whether one is at work."""

    locks: tuple[LockLeft, ...]
    cut_off: tuple[CutOff, ...]
    guarded: bool
    unread: bool  # a repair was cut off before it had read what it took over

    @property
    def is_clean(self) -> bool:
        return not (self.locks or self.cut_off or self.unread)


@dataclass(frozen=True)
class StackFiles:
    """Where the engine keeps what it knows of one stack."""

    state_dir: Path
    blueprint: str
    slug: str

    def guarded(self) -> bool | None:
        """Whether somebody on this kernel works on it; None where that cannot be told."""
        return guard.is_held(self._backend)

    def raise_fence(self, fence: int) -> None:
        """Have operations with a lower number end themselves, should one be alive after all."""
        guard.raise_fence(self._backend, fence)

    def standing(self, *, gone: tuple[str, ...] = ()) -> Standing:
        """`gone` are the hosts that nobody has heard of for longer than any lease."""
        backend = self._backend
        guarded = self.guarded()
        holders = guard.holders(backend)
        evidence = Evidence(holders=holders, guarded=guarded is False, gone=gone)
        locks = tuple(_left(lock, evidence) for lock in stack_locks(backend))
        unread = backend.unread.exists()
        return Standing(locks, cut_off(backend), bool(guarded), unread)

    @property
    def _backend(self) -> Backend:
        """What is read here needs neither the work folder nor the passphrase."""
        project = project_name(self.blueprint)
        return Backend(self.state_dir, self.state_dir, project, self.slug, passphrase="")


def _left(lock: StackLock, evidence: Evidence) -> LockLeft:
    since = f"{lock.since:%Y-%m-%d %H:%M:%S} UTC"
    return LockLeft(lock.pid, lock.host, since, evidence.against(lock))
