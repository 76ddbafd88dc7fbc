"""`make chaos`: a seeded number of kills over all Blueprints, and what they showed.

python -m tests.chaos.suite --kills 200 --seed 1 --keep results.json --write docs/chaos.md
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.chaos import strikes
from tests.chaos.arena import Arena
from tests.chaos.life import Life, Record
from tests.chaos.report import Results, markdown
from tests.chaos.strikes import Target
from tests.chaos.systems import SYSTEMS, System

LEASE = 6


@dataclass
class Suite:
    """Lives, one after the other on each lane, until there were enough kills."""

    seed: int
    kills: int
    lanes: int = 3
    lease: int = LEASE
    systems: Sequence[System] = SYSTEMS
    targets: tuple[Target, ...] = tuple(strikes.WEIGHTS)
    keep: Path | None = None  # the file of results, written after each life
    results: Results = field(init=False)
    _turn: int = 0
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.results = Results(self.seed, self.lease)

    @property
    def records(self) -> list[Record]:
        return self.results.records

    def run(self, folder: Path) -> Suite:
        self._began = time.monotonic()
        arena = Arena.open(folder / "data", lease=self.lease)
        try:
            lanes = [
                threading.Thread(target=self._lane, args=(arena,), daemon=True)
                for _ in range(self.lanes)
            ]
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
        finally:
            arena.close()
            self._note()
        return self

    def _note(self) -> None:
        with self._lock:
            self.results.seconds = time.monotonic() - self._began
            if self.keep:
                self.results.keep(self.keep)

    @property
    def done(self) -> int:
        return sum(len(record.kills) for record in list(self.records))

    @property
    def findings(self) -> list[str]:
        return [each for record in self.records for each in record.findings]

    def _lane(self, arena: Arena) -> None:
        while self.done < self.kills:
            turn, record = self._next()
            system = self.systems[turn % len(self.systems)]
            life = Life(
                arena, system, Random(f"{self.seed}/{turn}"), record, mark=f"z{turn}q",
                targets=self.targets, enough=lambda: self.done >= self.kills, noted=self._note,
            )  # fmt: skip
            try:
                life.live()
            except Exception:  # one life's end must not take the others along
                record.findings.append(f"{life.mark} {system.kind}: {traceback.format_exc()}")
            self._say(life)
            self._note()

    def _next(self) -> tuple[int, Record]:
        with self._lock:
            turn, self._turn = self._turn, self._turn + 1
            self.records.append(record := Record())
            return turn, record

    def _say(self, life: Life) -> None:
        stamp = datetime.now(UTC).strftime("%H:%M:%S")
        print(f"{stamp} {life.mark} {life.system.kind}: {len(life.record.kills)} kills, "
              f"{self.done} in all, {len(life.record.findings)} findings", flush=True)  # fmt: skip
        for kill in life.record.kills:
            struck = f"{kill.operation}, {kill.phase}: {kill.target}"
            print(f"    {struck} → {kill.status}, {kill.seconds} s")
        for finding in life.record.findings:
            print(f"    FOUND {finding}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=3)
    parser.add_argument("--lease", type=int, default=LEASE)
    parser.add_argument("--targets", nargs="*", type=Target, default=tuple(strikes.WEIGHTS))
    parser.add_argument("--keep", type=Path, help="the file of results to write")
    parser.add_argument("--write", type=Path, help="the page of figures to write")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the product is ended with us
    suite = Suite(
        seed=asked.seed, kills=asked.kills, lanes=asked.lanes, lease=asked.lease,
        targets=tuple(asked.targets), keep=asked.keep,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(
        prefix="skyclock-chaos-", ignore_cleanup_errors=True
    ) as folder:
        suite.run(Path(folder))
    print(Counter(kill.status for record in suite.records for kill in record.kills))
    if asked.write:
        asked.write.write_text(markdown([suite.results]))
    return 1 if suite.findings else 0


if __name__ == "__main__":
    sys.exit(main())
