"""One instance: a process that serves the requests of one revision.

It sees no variable of ours, but what Cloud Run sets and what the service brings, and two by
which it finds the simulated APIs and the metadata server.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from provisioning.sandbox.google.run.images import PROGRAM
from provisioning.sandbox.google.run.records import Revision

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
STARTUP_SECONDS = 60.0
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_DRAIN_SECONDS = 1.0

# A line, and whether it was written to the standard error.
Told = Callable[[str, bool], None]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None


class DidNotStart(Exception):
    """The container did not listen in time, or ended before."""


class TimedOut(Exception):
    pass


class Broke(Exception):
    """The instance ended, or cut the connection, before it answered."""


class Instance:
    def __init__(
        self,
        revision: Revision,
        *,
        id: str,
        source: Path,
        folder: Path,
        variables: Mapping[str, str],
        tell: Told,
    ) -> None:
        self.revision = revision
        self.id = id
        self.requests = 0  # under way
        self.idle_since = time.monotonic()
        self._folder = folder
        self._tell = tell
        self._busy_reading = threading.Lock()
        (folder / "tmp").mkdir(mode=0o700, parents=True)
        self._port = _free_port()
        self._process = self._start(source, variables)
        self._readers = [self._read(self._process.stdout, error=False),
                         self._read(self._process.stderr, error=True)]  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_it_listens(self) -> None:
        """Raises DidNotStart."""
        until = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < until and self.alive:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._port), timeout=1),
            ):
                return
            time.sleep(_LOOK_SECONDS)
        raise DidNotStart

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """Raises TimedOut or Broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), dict(answer.headers))
        except TimeoutError as error:
            raise TimedOut from error
        except (OSError, http.client.HTTPException) as error:
            raise Broke(str(error)) from error
        finally:
            connection.close()

    def drain(self) -> None:
        """What was written before an answer is told before it counts."""
        until = time.monotonic() + _DRAIN_SECONDS
        for stream in (self._process.stdout, self._process.stderr):
            while time.monotonic() < until and _waiting(stream):
                time.sleep(0.001)
        with self._busy_reading:
            pass

    def end(self) -> None:
        """Ask it to end, as Cloud Run does; after a while, make it."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._clear()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _start(self, source: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        own = {
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "HOME": str(self._folder),  # nobody's cloud configuration lies here
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        return subprocess.Popen(
            (sys.executable, "-s", str(_BOOTSTRAP), str(source / PROGRAM)),
            env={**own, **variables, "PORT": str(self._port)},
            cwd=self._folder / "tmp",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def _read(self, stream: IO[bytes] | None, *, error: bool) -> threading.Thread:
        def read() -> None:
            assert stream
            rest = b""
            with selectors.DefaultSelector() as selector:
                selector.register(stream, selectors.EVENT_READ)
                while selector.select():
                    with self._busy_reading:
                        chunk = os.read(stream.fileno(), 65536)
                        *lines, rest = (rest + chunk).split(b"\n")
                        for line in lines if chunk else [rest]:
                            if text := line.decode("utf-8", "replace").rstrip("\r"):
                                self._tell(text, error)
                    if not chunk:
                        return

        thread = threading.Thread(target=read, name="instance-output", daemon=True)
        thread.start()
        return thread

    def _clear(self) -> None:
        for thread in self._readers:
            thread.join(_END_SECONDS)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _waiting(stream: IO[bytes] | None) -> bool:
    """Whether something was written that nobody has read."""
    if stream is None or stream.closed:
        return False
    try:
        count = fcntl.ioctl(stream.fileno(), termios.FIONREAD, struct.pack("i", 0))
    except OSError:
        return False
    return bool(struct.unpack("i", count)[0])
