"""Start an operation's process, and hold on to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from provisioning.contracts import EngineCommand, OperationRequest
from provisioning.engine.environment import clean_environment
from provisioning.masking import Masker

ROOT = Path(__file__).resolve().parents[2]
MODULE = "provisioning.operations"
LAST_WORDS = 4000


class RunningOperation:
    """An operation's process, seen from the one that started it."""

    def __init__(self, process: subprocess.Popen[bytes], words: Path, masker: Masker) -> None:
        self._process = process
        self._words = words
        self._masker = masker

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, or None while it runs. 0: the spool ends in an outcome."""
        return self._process.poll()

    def cancel(self) -> None:
        """Ask it to stop after the steps that run. Asked again, it kills the engine."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its engine at once. What was being created may be left behind."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """What it printed, for the case that it ends without an outcome."""
        with suppress(FileNotFoundError):
            words = self._masker.text(self._words.read_text(errors="replace"))
            return words[-LAST_WORDS:].strip()
        return ""


def start(request: OperationRequest) -> RunningOperation:
    """Start the operation. Secrets go over the pipe only, never into an environment."""
    spool = Path(request.spool)
    spool.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = spool.with_name(f"{spool.name}.err")
    with words.open("wb") as output:
        words.chmod(0o600)
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, "--parent", str(os.getpid())],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # Ctrl-C in a terminal must not reach the engine twice.
            start_new_session=True,
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(request.model_dump_json().encode())
    return RunningOperation(process, words, Masker(request.secrets()))


def describe_engine(engine: EngineCommand) -> str:
    """As it stands on every Deployment."""
    return f"pulumi {engine.version}"


def _environment() -> dict[str, str]:
    return clean_environment("PYTHONPATH", "VIRTUAL_ENV") | {
        "PYTHONUNBUFFERED": "1",
        # gRPC's own log lines about forks and closed connections help nobody.
        "GRPC_VERBOSITY": "NONE",
    }
