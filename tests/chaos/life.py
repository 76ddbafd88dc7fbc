"""The life of one Pipeline under strikes: deployed, changed, refreshed, destroyed; after each
strike put right by the next operation, and looked at."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import OperationEvent
from provisioning.operations import read_events
from tests.chaos import checks, inventory, strikes
from tests.chaos.arena import Arena
from tests.chaos.rows import Row
from tests.chaos.strikes import CHANGING, Strike, Target
from tests.chaos.systems import System

LONGEST = 150.0  # from a kill to the end, with everything that is started again in between
AFTERMATH = 60.0  # what was killed may be away for so long
FEWEST = 5  # resources of a Blueprint's example
PROVIDERS = 2  # they are in the state, and nothing is done for them
TRIES = 8  # of an operation that others' strikes may hit as well
LOOK = 0.01


@dataclass
class Kill:
    target: str
    phase: str
    system: str
    operation: str
    status: str
    seconds: float  # from the kill to the Deployment's end


@dataclass
class Record:
    """Of one life."""

    kills: list[Kill] = field(default_factory=list)
    missed: int = 0  # strikes whose moment never came
    recoveries: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass
class Life:
    arena: Arena
    system: System
    random: Random
    record: Record
    mark: str  # a word that no other Pipeline's names have
    targets: tuple[Target, ...] = tuple(strikes.WEIGHTS)
    enough: Callable[[], bool] = lambda: False
    noted: Callable[[], None] = lambda: None
    pipeline: dict[str, Any] = field(default_factory=dict)

    def live(self) -> None:
        """Strikes in every operation of a Pipeline's life; what does not hold is recorded."""
        self._create()
        self._struck("preview", "preview", *("up",) * 6)
        self._converge()
        self._change()
        self._struck("up", "up", "refresh", "up", "up")
        self._converge()
        self._struck("refresh", "refresh", *("destroy",) * 4)
        self._vanish()

    # ── Operations ──────────────────────────────────────────────────────────────────

    def _struck(self, *operations: str) -> None:
        for operation in operations:
            if not self.enough():
                self._strike(operation)

    def _strike(self, operation: str) -> None:
        strike = strikes.choose(
            self.random, operation, changes=self._changes(operation), targets=self.targets
        )
        if operation in ("refresh", "destroy") and not self._may_exist():
            return
        id = self.arena.deploy(self.pipeline["id"], operation)
        row, when = self._follow(id, strike)
        if when is None:
            self.record.missed += 1
            return
        kill = Kill(
            strike.target, strike.phase, self.system.kind, operation, row.status,
            round(time.monotonic() - when, 1),
        )  # fmt: skip
        self.record.kills.append(kill)
        self.noted()
        if kill.seconds > LONGEST:
            self._find(f"{row.id} took {kill.seconds:.0f} s to end after: {strike}")

    def _follow(self, id: int, strike: Strike | None) -> tuple[Row, float | None]:
        """Watch it to its end, strike once, and hold what its log has against what was told."""
        began = time.monotonic()
        when: float | None = None
        watched = Watched(self.arena.product.data / "spool" / f"{id}.jsonl", self._folder)
        while not (row := self.arena.rows.deployment(id)).final:
            watched.look()
            if strike and when is None and strike.is_due(watched.events):
                time.sleep(strike.delay)
                when = self.arena.strike(strike.target, id)
                strike = strike if when is None and not row.final else None
            waited = time.monotonic() - (when or began)
            if waited > 2 * LONGEST:
                raise AssertionError(f"{self.mark}: {row} does not end")
            time.sleep(LOOK if strike else 0.1)
        watched.look()
        self._find(*checks.ending(row, self.arena.struck_since(began - AFTERMATH, id)))
        if watched.events:
            self._find(*checks.log(row, self.arena.rows.lines(id), watched.events))
        if row.status == "succeeded" and row.operation != "preview":
            self._look(row)
        return row, when

    def _until_succeeded(self, operation: str) -> Row:
        for _ in range(TRIES):
            row, _ = self._follow(self.arena.deploy(self.pipeline["id"], operation), None)
            if row.status == "succeeded":
                return row
        raise AssertionError(f"{self.mark}: {operation} does not succeed any more: {row}")

    def _converge(self) -> None:
        """One more deployment puts everything right, and the next one has nothing to do."""
        if not self.pipeline:
            return
        self._until_succeeded("up")
        self.record.recoveries += 1
        again = self._until_succeeded("up")
        if changed := {op: n for op, n in again.changes.items() if op in CHANGING and n}:
            self._find(f"{again.id} has something to do after a success: {changed}")
        states = self.arena.rows.trigger_states(self.pipeline["id"])
        if set(states) != {"active"}:
            self._find(f"{again.id} succeeded, and its triggers are {states}")

    def _vanish(self) -> None:
        if self._may_exist():
            self._until_succeeded("destroy")
            self.record.recoveries += 1
        left = self.arena.in_quiet(lambda: inventory.in_cloud(self._session, self.mark))
        self._find(*(f"left after destroy: {each}" for each in sorted(left)))

    # ── Looking ─────────────────────────────────────────────────────────────────────

    def _look(self, row: Row) -> None:
        found = self.arena.in_quiet(lambda: inventory.in_cloud(self._session, self.mark))
        known = inventory.in_state(inventory.resources_of(self._checkpoint))
        self._find(*(f"{row.id}: {each}" for each in checks.same(found, known)))
        if row.operation == "destroy" and known:
            self._find(f"{row.id} succeeded and left {sorted(known)}")
        self._find(*(f"{row.id}: {each}"
                     for each in checks.at_rest(self._checkpoint, self._locks)))  # fmt: skip

    def _find(self, *sentences: str) -> None:
        self.record.findings += [f"{self.mark} {self.system.kind} {each}" for each in sentences]

    # ── The Pipeline ────────────────────────────────────────────────────────────────

    def _create(self) -> None:
        examples = {each["kind"]: each["example"] for each in self.arena.get("/blueprints")}
        body = {
            "name": self.mark, "connection": self.system.connection,
            "blueprint": self.system.kind, "settings": examples[self.system.kind],
            "triggers": list(self.system.triggers),
        }  # fmt: skip
        answer = self.arena.call("POST", "/pipelines", body)
        known = {each["name"]: each for each in self.arena.get("/pipelines")}
        assert self.mark in known, answer
        self.pipeline = self.arena.get(f"/pipelines/{known[self.mark]['id']}")

    def _change(self) -> None:
        settings = self.system.change(self.pipeline["settings"])
        answer = self.arena.call(
            "PATCH", f"/pipelines/{self.pipeline['id']}", {"settings": settings}
        )
        assert answer.status == 200, answer

    def _may_exist(self) -> bool:
        return bool(self.arena.get(f"/pipelines/{self.pipeline['id']}")["may_exist_in_cloud"])

    def _changes(self, operation: str) -> int:
        """How many resources it will change at least, as far as that is known."""
        known = len(inventory.resources_of(self._checkpoint))
        if operation == "up":
            return 0 if known else FEWEST
        return max(0, known - PROVIDERS) if operation == "destroy" else 0

    @cached_property
    def _session(self) -> Session:
        return self.arena.session(self.system.cloud)

    @property
    def _checkpoint(self) -> Path:
        return next(self._state.glob(f"stacks/*/{self.pipeline['slug']}.json"), self._state / "no")

    @property
    def _locks(self) -> Path:
        return next(self._state.glob(f"locks/*/*/{self.pipeline['slug']}"), self._state / "no")

    @property
    def _state(self) -> Path:
        return self.arena.product.data / "state" / ".pulumi"

    @property
    def _folder(self) -> Path:
        folder = self.arena.product.data.with_name("watched")
        folder.mkdir(exist_ok=True)
        return folder


class Watched:
    """The events of an operation, under a name of our own: the product removes its file."""

    def __init__(self, spool: Path, folder: Path) -> None:
        self.spool = spool
        self.kept = folder / spool.name
        self.events: list[OperationEvent] = []
        self.offset = 0

    def look(self) -> None:
        if not self.kept.exists():
            try:
                os.link(self.spool, self.kept)
            except FileNotFoundError:
                return
        events, self.offset = read_events(self.kept, self.offset)
        self.events += events
