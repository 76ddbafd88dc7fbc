"""The figures of a run as a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.chaos.life import Kill

if TYPE_CHECKING:
    from tests.chaos.suite import Suite

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


def markdown(suite: Suite) -> str:
    kills = [kill for record in suite.records for kill in record.kills]
    recoveries = sum(record.recoveries for record in suite.records)
    missed = sum(record.missed for record in suite.records)
    rows = [
        ("seed", suite.seed),
        ("kills", len(kills)),
        ("strikes whose moment never came, not counted", missed),
        ("lives of Pipelines, from preview to destroy", len(suite.records)),
        ("recoveries that converged to no change, or to nothing left", recoveries),
        ("lease, in seconds (30 in the product)", suite.lease),
        ("longest from a kill to *interrupted*, in seconds", _longest(kills)),
        ("minutes", round(suite.seconds / 60, 1)),
        ("findings", len(suite.findings)),
    ]
    parts = [HEAD, "## The last run\n", _table(("what", "figure"), rows)]
    parts += ["## By what was killed\n", _by(kills, "killed", lambda kill: str(kill.strike.target))]
    parts += ["## By phase\n", _by(kills, "phase", lambda k: f"{k.operation}, {k.strike.phase}")]
    parts += ["## By Blueprint\n", _by(kills, "Blueprint", lambda kill: kill.system)]
    return "\n".join(parts)


def _longest(kills: Iterable[Kill]) -> float:
    return round(max((k.seconds for k in kills if k.status == "interrupted"), default=0.0), 1)


def _by(kills: list[Kill], what: str, key: object) -> str:
    assert callable(key)
    names = sorted({key(kill) for kill in kills})
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
