"""The product's rows, read from beside it: where its web server may be dead, these are not."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FINAL = ("succeeded", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class Row:
    """A Deployment."""

    id: int
    operation: str
    status: str
    child: str
    error: dict[str, Any]
    changes: dict[str, int]
    last_line: int
    lease_owner: str

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def pid(self) -> int | None:
        """Of the operation's process."""
        parts = self.child.split("|")
        return next((int(part) for part in parts[1:] if part.isdigit()), None)


@dataclass(frozen=True)
class Rows:
    data: Path

    def deployment(self, id: int) -> Row:
        (found,) = self._ask(
            "SELECT id, operation, status, child, error, changes, last_line, lease_owner"
            " FROM dashboard_deployment WHERE id = ?",
            id,
        )
        error, changes = (json.loads(found[name] or "null") or {} for name in (4, 5))
        return Row(*found[:4], error, changes, *found[6:])

    def newest(self, pipeline: int) -> int:
        """The id of its last Deployment; 0 where it has none."""
        ((id,),) = self._ask(
            "SELECT coalesce(max(id), 0) FROM dashboard_deployment WHERE pipeline_id = ?", pipeline
        )
        return int(id)

    def lines(self, deployment: int) -> list[tuple[int, str, str]]:
        """(number, URN, text) of its log."""
        return self._ask(
            "SELECT n, resource, text FROM dashboard_deploymentline"
            " WHERE deployment_id = ? ORDER BY n",
            deployment,
        )

    def trigger_states(self, pipeline: int) -> list[str]:
        found = self._ask(
            "SELECT state FROM dashboard_trigger WHERE pipeline_id = ?"
            " AND removed_at IS NULL AND kind NOT IN ('completion', 'webhook')",
            pipeline,
        )
        return [state for (state,) in found]

    def _ask(self, sql: str, *values: Any) -> list[Any]:
        database = sqlite3.connect(f"file:{self.data / 'skyclock.db'}?mode=ro", uri=True)
        try:
            database.execute("PRAGMA busy_timeout = 20000")
            return database.execute(sql, values).fetchall()
        finally:
            database.close()
