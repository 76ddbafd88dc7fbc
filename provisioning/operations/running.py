"""Start an operation's process, and hold on to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from provisioning.clouds import aws_base
from provisioning.contracts import EngineCommand, OperationRequest
from provisioning.engine.environment import clean_environment
from provisioning.masking import Masker
from provisioning.operations import forking
from provisioning.operations.forking import ROOT
from provisioning.operations.serving import AT_ONCE

MODULE = "provisioning.operations"
LAST_WORDS = 4000


class Process(Protocol):
    """Forked by the fork server, or started by us."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


class RunningOperation:
    """An operation's process, seen from the one that started it."""

    def __init__(self, process: Process, words: Path, masker: Masker) -> None:
        self._process = process
        self._words = words
        self._masker = masker

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, or None while it runs. 0: the spool ends in an outcome."""
        return self._process.poll()

    def rest(self, seconds: float) -> None:
        """Come back when it has ended, or after so long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)

    def cancel(self) -> None:
        """Ask it to stop after the steps that run; asked again, it goes on stopping."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def stop_at_once(self) -> None:
        """Have it kill its engine and put back what it had put aside. What was being created
        may be left behind."""
        with suppress(ProcessLookupError):
            self._process.send_signal(AT_ONCE)

    def kill(self) -> None:
        """End it and its engine, whatever it does."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """What it printed, for the case that it ends without an outcome."""
        with suppress(FileNotFoundError):
            words = self._masker.text(self._words.read_text(errors="replace"))
            return words[-LAST_WORDS:].strip()
        return ""


def start(request: OperationRequest) -> RunningOperation:
    """Start the operation. Secrets go over a pipe only, never into an environment."""
    spool = Path(request.spool)
    spool.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = spool.with_name(f"{spool.name}.err")
    with words.open("wb") as output:
        words.chmod(0o600)
        process = _process(request, output)
    return RunningOperation(process, words, Masker(request.secrets()))


def _process(request: OperationRequest, output: BinaryIO) -> Process:
    """Nothing is done before the request is handed over, so it is done once at the most."""
    said = request.model_dump_json().encode()
    forked = forking.fork(MODULE, _environment(), request, output)
    if forked:
        with suppress(BrokenPipeError):
            forked.hand_over(said)
        return forked
    argv = [sys.executable, "-m", MODULE, "--deployment", str(request.deployment_id)]
    worker = forking.life()
    cold = subprocess.Popen(
        [*argv, "--worker", str(worker)],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=(worker,),
        # Ctrl-C in a terminal must not reach the engine twice.
        start_new_session=True,
    )
    assert cold.stdin is not None
    with suppress(BrokenPipeError), cold.stdin as pipe:
        pipe.write(said)
    return cold


def describe_engine(engine: EngineCommand) -> str:
    """As it stands on every Deployment."""
    return f"pulumi {engine.version}"


def _environment() -> dict[str, str]:
    # A machine's identity in AWS only where Connections may use it; the engine never gets it.
    return clean_environment("PYTHONPATH", "VIRTUAL_ENV", *aws_base.variables()) | {
        "PYTHONUNBUFFERED": "1",
        # gRPC's own log lines about forks and closed connections help nobody.
        "GRPC_VERBOSITY": "NONE",
    }
