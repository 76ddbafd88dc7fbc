"""What the sandbox remembers: one SQLite file of rows, written with fsync.

Changes gather in memory while the world is locked; `commit` writes everything gathered so
far in one transaction and returns when it is on disk. Threads that commit at the same
time share a transaction: the first writes for all, the others find their work done.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Store:
    """`lock` is the world's lock: whoever changes anything holds it."""

    def __init__(self, path: Path, *, lock: AbstractContextManager[object]) -> None:
        _create_private(path)
        self._lock = lock
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_SCHEMA)
        self._gathered: dict[tuple[str, str], bytes | None] = {}
        self._under_way: dict[tuple[str, str], bytes | None] = {}  # being written
        self._changes = 0
        self._durable = 0
        self._writing = threading.Lock()
        self._before_commit: list[Callable[[], None]] = []

    def before_commit(self, gather: Callable[[], None]) -> None:
        """`gather` puts what it has changed since the last time; the world is locked then."""
        self._before_commit.append(gather)

    def put(self, kind: str, key: str, body: bytes) -> None:
        self._gathered[kind, key] = body
        self._changes += 1

    def delete(self, kind: str, key: str) -> None:
        self._gathered[kind, key] = None
        self._changes += 1

    def changed(self) -> None:
        """Something changed that `before_commit` will gather."""
        self._changes += 1

    def rows(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """What is on disk; for loading at the start."""
        yield from self._database.execute("SELECT key, body FROM rows WHERE kind = ?", (kind,))

    def get(self, kind: str, key: str) -> bytes | None:
        """What was put last, be it on disk yet or not. The world is locked then."""
        for batch in (self._gathered, self._under_way):
            if (kind, key) in batch:
                return batch[kind, key]
        row = self._database.execute(
            "SELECT body FROM rows WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return row[0] if row else None

    def commit(self) -> None:
        """Return when all changes made before this call are on disk. Call it unlocked."""
        wanted = self._changes
        with self._writing:
            if self._durable >= wanted:
                return
            with self._lock:
                for gather in self._before_commit:
                    gather()
                batch, self._gathered = self._gathered, {}
                self._under_way = batch
                reached = self._changes
            try:
                self._write(batch)
            except sqlite3.Error:
                with self._lock:
                    self._gathered = {**batch, **self._gathered}
                raise
            finally:
                with self._lock:
                    self._under_way = {}
            self._durable = reached

    def _write(self, batch: dict[tuple[str, str], bytes | None]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(
                "INSERT OR REPLACE INTO rows (kind, key, body) VALUES (?, ?, ?)",
                [(kind, key, body) for (kind, key), body in batch.items() if body is not None],
            )
            self._database.executemany(
                "DELETE FROM rows WHERE kind = ? AND key = ?",
                [key for key, body in batch.items() if body is None],
            )
            self._database.execute("COMMIT")
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise

    def close(self) -> None:
        with self._writing:
            self._database.close()


def _create_private(path: Path) -> None:
    """The file holds secrets that the sandbox gave out, and what is loaded from it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
