"""What is secret reaches the engine and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.provisioning.operations.tiny_stack import (
    ACCESS_KEY_ID,
    PASSPHRASE,
    SECRET_KEY,
    TinyStack,
    engine_of,
    wait_for,
)

pytestmark = pytest.mark.engine


def files_with(folder: Path, secret: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret.encode() in path.read_bytes()]


def test_no_secret_is_in_any_file_that_an_operation_leaves(stack: TinyStack, provider: Any) -> None:
    things = {"one": {"value": "1"}}
    ended = stack.run("preview", things, plan="plan.json", say=[f"I know {SECRET_KEY}"])
    assert "I know [secret]" in ended.lines
    stack.run("up", things, plan="plan.json")
    provider[0].refusal = f"denied for {SECRET_KEY} and {ACCESS_KEY_ID}"
    failed = stack.run("up", {**things, "leak": {"value": "2"}})
    assert failed.outcome.error is not None
    assert failed.outcome.error.cloud_message == "denied for [secret] and [secret]"
    broken = stack.run("up", things, fault=f"{SECRET_KEY} in a traceback")
    assert any("KeyError: '[secret] in a traceback'" in line for line in broken.lines)
    for secret in (SECRET_KEY, ACCESS_KEY_ID, PASSPHRASE, "an-output-nobody-may-see"):
        assert files_with(stack.folder, secret) == []


def test_the_folders_of_state_are_for_us_only(stack: TinyStack) -> None:
    stack.run("up", {"one": {"value": "1"}})
    for name in ("state", "work", "spool"):
        assert (stack.folder / name).stat().st_mode & 0o077 == 0, name
    for path in (stack.folder / "spool").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_processes_see_an_allow_list_of_our_environment(
    stack: TinyStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SKYCLOCK_SECRET_KEY", "DATABASE_URL", "AWS_PROFILE", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "ours")
    running = stack.start("up", {"slow": {"sleep": 30}})
    wait_for(lambda: stack.has_said("slow creating"))
    operation = psutil.Process(running.pid).environ()
    engine = engine_of(running).environ()
    assert not {value for env in (operation, engine) for value in env.values() if value == "ours"}
    of_clouds = [name for name in operation if name.startswith(("AWS_", "PULUMI_", "SKYCLOCK_"))]
    assert set(of_clouds) <= {"AWS_CA_BUNDLE"}
    assert engine["AWS_SECRET_ACCESS_KEY"] == SECRET_KEY
    assert SECRET_KEY not in " ".join(psutil.Process(running.pid).cmdline())
    assert SECRET_KEY not in " ".join(engine_of(running).cmdline())
    running.cancel()
    stack.end(running)


def test_the_last_words_of_a_process_hold_no_secret(stack: TinyStack) -> None:
    """Its standard error is written by the interpreter and libraries, which mask nothing."""
    running = stack.start("preview", {})
    Path(f"{stack.spool}.err").write_text(f"Fatal: {SECRET_KEY} and {PASSPHRASE} in a dump")
    assert running.last_words() == "Fatal: [secret] and [secret] in a dump"
    stack.end(running)
