"""The worker's side of its fork server: start one, ask it for processes, replace it."""

from __future__ import annotations

import logging
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

import psutil

from provisioning.contracts import OperationRequest
from provisioning.operations.serving import LENGTH

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0  # within a worker's lease; it includes loading providers on a busy machine
LATE_SECONDS = 1.0  # for a server that was late the last time
HANGING_SECONDS = 60.0
TOLD_SECONDS = 3.0
LOOK_SECONDS = 0.5  # between looks whether a process is there that nobody tells of
UNKNOWN = -1  # the exit code of one whose server could not tell it any more
WORDS = 2000


class NotForked(Exception):
    """There is no process, and there will be none that does anything."""


class Forked:
    """A process that the fork server made, with what `subprocess.Popen` offers of one.

    While this object is there, the process's id is not given out again.
    """

    def __init__(self, line: socket.socket, patience: float) -> None:
        self._line = line
        self._heard = b""
        self._code: int | None = None
        self._gone_since: float | None = None
        self._look_at = 0.0
        line.settimeout(patience)
        while b"\n" not in self._heard:
            self._heard += self._more()
        pid, _, self._heard = self._heard.partition(b"\n")
        self.pid = int(pid)

    def hand_over(self, request: bytes) -> None:
        """It waits for this; without it, it ends and has done nothing."""
        self._line.sendall(len(request).to_bytes(LENGTH, "big") + request)
        self._line.setblocking(False)

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._told()
        return self._code

    def wait(self, timeout: float) -> int:
        """Its server tells the end on the line, so that nobody needs to look again and again."""
        if self.poll() is None:
            waiting = select.poll()
            waiting.register(self._line, select.POLLIN)
            waiting.poll(timeout * 1000)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("the forked operation", timeout)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _told(self) -> int | None:
        try:
            while b"\n" not in self._heard:
                self._heard += self._more()
        except BlockingIOError:
            return self._found_gone()
        except (NotForked, ConnectionError):
            return UNKNOWN  # it has ended, and its server before it
        return int(self._heard)

    def _found_gone(self) -> int | None:
        """A server that hangs tells nothing, and must not make us wait. That is rare, and looking
        costs more than all else that followers of operations do: so it is not done each time."""
        now = time.monotonic()
        if now < self._look_at:
            return None
        self._look_at = now + LOOK_SECONDS
        if not _is_gone(self.pid):
            return None
        self._gone_since = self._gone_since or now
        return UNKNOWN if now - self._gone_since > TOLD_SECONDS else None

    def _more(self) -> bytes:
        more = self._line.recv(100)
        if not more:
            raise NotForked("the fork server has ended")
        return more


class ForkServer:
    """One that runs. Only the process that started it may use it."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self.recipe = _recipe(module, environment)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(LATE_SECONDS)
        self._late_since = 0.0
        self._output = TemporaryFile()  # noqa: SIM115, read when the server has ended
        worker = life()
        argv = [sys.executable, "-m", module, "--serve", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [*argv, "--worker", str(worker)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=(theirs.fileno(), worker),
                start_new_session=True,
            )

    def ask(self, request: OperationRequest, output: BinaryIO) -> socket.socket:
        """Ask for a process that will do this operation; it answers on the line."""
        line, theirs = socket.socketpair()
        with theirs:
            what = f"{request.spec.blueprint} {request.deployment_id}"
            given = [theirs.fileno(), output.fileno()]
            socket.send_fds(self._control, [what.encode()], given)
        return line

    @property
    def patience(self) -> float:
        """One that is late may still be loading; nobody else waits for that."""
        return LATE_SECONDS if self._late_since else START_SECONDS

    @property
    def hangs(self) -> bool:
        return bool(self._late_since) and time.monotonic() - self._late_since > HANGING_SECONDS

    def note(self, *, late: bool) -> None:
        self._late_since = (self._late_since or time.monotonic()) if late else 0.0

    def let_go(self) -> None:
        """It ends with the last operation that it has."""
        self._control.close()

    def kill(self) -> None:
        """Only the server: its operations run on, and are followed."""
        self.let_go()
        self._process.kill()
        self._process.wait()

    def last_words(self) -> str:
        end = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, end - WORDS))
        return self._output.read().decode(errors="replace").strip()


_lock = Lock()
_server: ForkServer | None = None


def fork(
    module: str, environment: Mapping[str, str], request: OperationRequest, output: BinaryIO
) -> Forked | None:
    """A process that waits for its request, or None where no fork server can be had."""
    if sys.platform != "linux":
        return None
    for _ in range(2):
        with _lock:
            server = _running(module, environment)
            line = _asked(server, request, output)
        try:
            if line:
                forked = Forked(line, server.patience)
                server.note(late=False)
                return forked
        except TimeoutError:
            server.note(late=True)
            log.warning("The fork server is late. %s", server.last_words())
            if server.hangs:
                _drop(server)
                server.kill()
            return None
        except (NotForked, ConnectionError):
            log.warning("The fork server ended. %s", server.last_words())
        _drop(server)
    return None


@cache
def _life(_pid: int) -> tuple[int, int]:
    return os.pipe()


def life() -> int:
    """What hangs up when this process dies, however it does: the end of a pipe whose other
    end nobody else has."""
    return _life(os.getpid())[0]


def _running(module: str, environment: Mapping[str, str]) -> ForkServer:
    global _server
    if _server and _server.recipe != _recipe(module, environment):
        _server.let_go()
        _server = None
    _server = _server or ForkServer(module, environment)
    return _server


def _recipe(module: str, environment: Mapping[str, str]) -> Sequence[object]:
    return os.getpid(), module, dict(environment)


def _asked(server: ForkServer, request: OperationRequest, output: BinaryIO) -> socket.socket | None:
    try:
        return server.ask(request, output)
    except OSError:
        return None  # it has ended: killed, or because it was not needed for long


def _drop(server: ForkServer) -> None:
    global _server
    with _lock:
        if _server is server:
            _server = None
    server.let_go()


def _is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
