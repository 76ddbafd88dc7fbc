"""The fork server: a process that has loaded what operations need, and forks one for each.

It sees no request and so no secret: those go from the worker to the forked process by a line
of their own, which the server only passes on. It must have no thread but its own when it
forks, so it opens no session, starts no engine and uses no gRPC.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from provisioning.operations.naming import show_as

IDLE_SECONDS = 900.0  # then what it has loaded is given back; the next operation loads it again
MOST_BYTES = 1000
LENGTH = 8  # bytes that say how long a request is
ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT)
AT_ONCE = signal.SIGUSR1  # "kill the engine, then end in good order"
SIGNALS = {*ASKED_TO_STOP, AT_ONCE, signal.SIGCHLD}


@dataclass
class Child:
    line: socket.socket
    pid: int
    ended: bool = False


@dataclass(frozen=True)
class Born:
    """What a forked process has of its own."""

    line: socket.socket

    def receive(self) -> bytes:
        """Say that signals are heard from now on, and get the request; b"" where the worker is
        gone, or has asked somebody else meanwhile."""
        try:
            self.line.sendall(b"%d\n" % os.getpid())
            length = int.from_bytes(self._exactly(LENGTH), "big")
            return self._exactly(length)
        except (ConnectionError, EOFError):
            return b""

    def _exactly(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            more = self.line.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return bytes(got)


class Server:
    """`control` brings what is asked for, each with a line and an output; at `worker` nothing
    ever comes, but it hangs up when the worker dies."""

    def __init__(self, control: int, worker: int, warm: Callable[[str], None]) -> None:
        self._control = socket.socket(fileno=control)
        self._worker = worker
        self._warm = warm
        self._children: dict[int, Child] = {}
        self._poll = select.poll()
        self._retired = self._stopped = False
        self._told, self._tell = os.pipe()
        for end in (self._told, self._tell):
            os.set_blocking(end, False)

    def serve(self) -> Born | None:
        """Comes back in each forked process, and in the server with None at its end.

        It ends when the worker is gone, or lets go of it, or has not needed it for long; but
        not before the last operation has.
        """
        self._listen()
        while not self._retired or any(not each.ended for each in self._children.values()):
            found = self._poll.poll(None if self._children else IDLE_SECONDS * 1000)
            if not found or self._stopped:
                self._retire()
            for descriptor, _ in found:
                if born := self._hear(descriptor):
                    return born
            self._look_after_children()
        return None

    def _listen(self) -> None:
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ASKED_TO_STOP:
            signal.signal(number, self._stop)
        self._poll.register(self._told, select.POLLIN)
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._worker, 0)

    def _stop(self, *_: object) -> None:
        self._stopped = True  # the loop sees it, because a signal wakes it

    def _hear(self, descriptor: int) -> Born | None:
        if descriptor == self._told:
            os.read(self._told, MOST_BYTES)
        elif descriptor == self._worker:
            self._retire()
        elif descriptor in self._children:
            self._bury(descriptor)
        elif not self._retired:
            return self._asked()
        return None

    def _retire(self) -> None:
        """Take no more. Operations that run see by themselves when their worker is gone."""
        if not self._retired:
            self._retired = True
            self._poll.unregister(self._control)
            self._poll.unregister(self._worker)
            self._control.close()

    def _asked(self) -> Born | None:
        asked, given, _, _ = socket.recv_fds(self._control, MOST_BYTES, 2)
        if not asked:
            self._retire()
            return None
        kind, deployment = asked.decode().split()
        line, output = socket.socket(fileno=given[0]), given[1]
        try:
            self._load(kind)
            return self._fork(deployment, line, output)
        finally:
            os.close(output)

    def _load(self, kind: str) -> None:
        try:
            self._warm(kind)
        except Exception:  # the operation will meet it again, and tell it in its log
            traceback.print_exc()

    def _fork(self, deployment: str, line: socket.socket, output: int) -> Born | None:
        if threading.active_count() > 1:
            print("What was loaded has started threads: this process cannot fork.", file=sys.stderr)
            line.close()
            self._retire()
            return None
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            pid = os.fork()
        except OSError:  # no memory: the worker sees the line hang up, and looks for another way
            traceback.print_exc()
            line.close()
            pid = -1
        if pid == 0:
            self._become_operation(output)
            show_as("--deployment", deployment, instead_of="--serve")
            return Born(line)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if pid > 0:
            self._children[line.fileno()] = Child(line, pid)
        return None

    def _become_operation(self, output: int) -> None:
        """Keep nothing of the server and of other operations. Signals stay blocked until the
        operation has handlers of its own."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        for child in self._children.values():
            child.line.close()
        for end in (self._told, self._tell):
            os.close(end)
        for standard in (1, 2):
            os.dup2(output, standard)

    def _look_after_children(self) -> None:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        for descriptor, child in self._children.items():
            if child.ended or not (found := os.waitid(os.P_PID, child.pid, options)):
                continue
            child.ended = True
            code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            with suppress(OSError):  # nobody asks any more; the next line then buries it
                child.line.sendall(b"%d\n" % code)
            # The process id stays taken until the worker has let go: no signal hits a stranger.
            self._poll.register(descriptor, 0)

    def _bury(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        child = self._children.pop(descriptor)
        os.waitpid(child.pid, 0)
        child.line.close()
