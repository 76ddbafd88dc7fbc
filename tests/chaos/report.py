"""The figures of one run or several as a page: `python -m tests.chaos.report FILE… > PAGE`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.life import Kill, Record
from tests.chaos.strikes import WHOLE, Target

HEAD = """# Chaos

`make chaos` kills the parts of a running product with SIGKILL, at every phase of every operation,
over all Blueprints on the sandbox clouds, and looks after each kill whether what Skyclock says is
true. `tests/chaos/` has the harness; a seeded sample of it runs in `make test`.

After each kill: the Deployment ends in a status that is true; every event that the operation told
is in the log, once and in order. After the next deployment: it succeeds, no lock and no pending
operation is left, the clouds have exactly what the engine's state has (listed through their own
SDKs), all triggers are proven active, and one more deployment changes nothing. After the destroy:
nothing is left in the clouds.
"""

SHARED = """\
What all operations share is struck for one Pipeline and hits those of the others in the same
seconds: an operation for which only Redis was killed can be *interrupted* with another's worker,
or fail with another's sandbox. "Longest" is from the kill to *interrupted*, in seconds.
"""

FOUND = """## What it has found, and what was changed for it

- An operation whose process or engine was killed was called *failed*; it is *interrupted*.
- Starting an operation's process may take longer than a lease on a busy machine, and the lease was
  not renewed meanwhile: a worker that lived was taken for dead. It is renewed now.
- A kill while the stack's settings were written left half of the file, and every operation after
  it failed for good. They are written in one step, and the salt is read from the state.
- The sandbox's provider repeated an unfinished change of a notebook with properties that only a
  replacement changes, and the cloud refused it each time. It names those alone that can be changed.
- An outcome that a worker had read, but not yet written when it was killed, was lost: its
  Deployment was *interrupted* though it had succeeded. Whoever takes it over looks for it.
- An engine that is asked to stop between two deletions ends as if all had been deleted, so a
  destroy whose worker died *succeeded* with resources left in the cloud. The state tells now.
- A repair that was killed after it had taken a resource over, and before it had read what the
  cloud says of it, was never finished, and every later deployment failed. It is begun again now.
"""


@dataclass
class Results:
    """Of one run, as it is kept."""

    seed: int
    lease: int
    seconds: float = 0.0
    records: list[Record] = field(default_factory=list)

    @property
    def kills(self) -> list[Kill]:
        return [kill for record in self.records for kill in record.kills]

    def keep(self, path: Path) -> None:
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    @classmethod
    def kept(cls, path: Path) -> Results:
        values: dict[str, Any] = json.loads(path.read_text())
        records = [_record(each) for each in values.pop("records")]
        return cls(**values, records=records)


def _record(values: dict[str, Any]) -> Record:
    return Record(**{**values, "kills": [Kill(**each) for each in values["kills"]]})


FIGURES: list[tuple[str, Callable[[Results], float]]] = [
    ("kills", lambda run: len(run.kills)),
    ("strikes whose moment never came, not counted",
     lambda run: sum(each.missed for each in run.records)),
    ("lives of Pipelines, from preview to destroy", lambda run: len(run.records)),
    ("recoveries that converged to no change, or to nothing left",
     lambda run: sum(each.recoveries for each in run.records)),
    ("lease, in seconds (30 in the product)", lambda run: run.lease),
    ("longest from a kill to *interrupted*, in seconds",
     lambda run: _longest(run.kills, but=WHOLE)),
    ("the same where the whole product was started again", lambda run: _longest(run.kills)),
    ("minutes", lambda run: round(run.seconds / 60, 1)),
    ("findings", lambda run: sum(len(each.findings) for each in run.records)),
]  # fmt: skip


def markdown(runs: Sequence[Results]) -> str:
    kills = [kill for run in runs for kill in run.kills]
    head = ("what", *(f"seed {run.seed}" for run in runs))
    figures = [(name, *(figure(run) for run in runs)) for name, figure in FIGURES]
    parts = [HEAD, "## Figures\n", _table(head, figures)]
    parts += ["## By what was killed\n", SHARED]
    parts += [_by(kills, "killed", lambda kill: kill.target, Target)]
    parts += ["## By phase\n", _by(kills, "phase", lambda k: f"{k.operation}, {k.phase}")]
    parts += ["## By Blueprint\n", _by(kills, "Blueprint", lambda kill: kill.system), FOUND]
    return "\n".join(parts)


def _longest(kills: Iterable[Kill], *, but: Collection[str] = ()) -> float:
    mine = [kill for kill in kills if kill.status == "interrupted" and kill.target not in but]
    return round(max((kill.seconds for kill in mine), default=0.0), 1)


def _by(kills: list[Kill], what: str, key: Callable[[Kill], str], known: Iterable[str] = ()) -> str:
    """A row for each, and for what is known and was never killed."""
    names = sorted({*known, *map(key, kills)})
    rows = []
    for name in names:
        mine = [kill for kill in kills if key(kill) == name]
        ended = [sum(kill.status == each for kill in mine)
                 for each in ("interrupted", "failed", "succeeded")]  # fmt: skip
        rows.append((name, len(mine), *ended, _longest(mine)))
    return _table((what, "kills", "interrupted", "failed", "succeeded", "longest"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    print(markdown([Results.kept(Path(path)) for path in sys.argv[1:]]), end="")
