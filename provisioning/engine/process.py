"""The `pulumi` process of one operation: its environment, its output, its end."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from provisioning.contracts import EngineCommand
from provisioning.engine.environment import clean_environment


class Cancellation:
    """A wish to stop: kept, and passed on to the engine that runs or will run.

    `request` lets the engine finish and save the steps that run; asked again it does nothing
    more, so that no second click or signal kills by accident. `stop_at_once` kills the engine.
    Both may be called from a signal handler.
    """

    def __init__(self) -> None:
        self.requested = False
        self.at_once = False
        self._process: subprocess.Popen[bytes] | None = None

    def request(self) -> None:
        if self.requested:
            return
        self.requested = True
        if self._process:
            self._process.send_signal(signal.SIGINT)

    def stop_at_once(self) -> None:
        self.requested = self.at_once = True
        if self._process:
            self._process.send_signal(signal.SIGKILL)

    def kill(self) -> None:
        """End the engine at once: not even its state may be written any more."""
        self.requested = True
        if self._process:
            self._process.kill()

    def watch(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process
        if process and self.requested:
            process.send_signal(signal.SIGKILL if self.at_once else signal.SIGINT)


class EngineProcess(PulumiCommand):
    """Runs the CLI for the Automation API.

    The SDK's own class passes all of our environment on, has no handle on the process for a
    cancel, and reads through pipes: should this process be killed, a write to a pipe that
    nobody reads would kill the engine before it has saved its state. So the output goes to
    a file without a name. It also asks the engine's version each time; that is known here.
    """

    def __init__(
        self,
        engine: EngineCommand,
        cancellation: Cancellation,
        *,
        inherits: Sequence[int] = (),
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self.command = str(Path(engine.root) / "bin" / "pulumi")
        self.version = VersionInfo.parse(engine.version)
        self._cancellation = cancellation
        self._inherits = tuple(inherits)  # open files, which the engine holds as long as it lives
        self._meanwhile = meanwhile  # called when the engine has been started, before its end
        self._lock = Lock()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        argv = [self.command, "--non-interactive", *args]
        with TemporaryFile() as out, TemporaryFile() as err, self._lock:
            code = self._wait(argv, cwd, self._environment(additional_env), out, err)
            result = CommandResult(stdout=_text(out), stderr=_text(err), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _wait(
        self, argv: list[str], cwd: str, env: dict[str, str], out: IO[bytes], err: IO[bytes]
    ) -> int:
        with subprocess.Popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=self._inherits,
        ) as process:
            self._cancellation.watch(process)
            try:
                self._meanwhile()
                return process.wait()
            finally:
                self._cancellation.watch(None)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        env = clean_environment() | dict(more) | {"PULUMI_AUTOMATION_API": "true"}
        # Plug-ins that come with the engine lie beside it.
        env["PATH"] = f"{Path(self.command).parent}:{env.get('PATH', '')}"
        return env


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
