"""HTTP listeners on loopback, each on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from provisioning.sandbox.loopback import UNDERSCORED, require_free

_DRAIN_SECONDS = 10.0


class _KeepAliveHandler(MotoRequestHandler):  # type: ignore[misc]
    """Keeps connections open, which werkzeug's own handler does not.

    The applications here give a Content-Length and read the whole body, so the next
    request begins where this one ends. Nagle's algorithm would delay each answer.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def make_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().make_environ()
        named = ((name.lower(), value) for name, value in self.headers.items() if "_" in name)
        return {**environ, UNDERSCORED: dict(named)}

    def run_wsgi(self) -> None:
        with self.server.answering() as allowed:
            if allowed:
                self._answer()
            else:
                self.close_connection = True

    def _answer(self) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started[:] = [status.split(" ", 1), headers]

        body = b"".join(self.server.app(self.make_environ(), start_response))
        (code, phrase), headers = started
        if any(name.lower() == "date" for name, _ in headers):  # of a cloud with a skewed clock
            self.send_response_only(int(code), phrase)
        else:
            self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
            if name.lower() == "connection" and value == "close":
                self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """SDKs hold an upload back until they hear this."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return bool(proceed)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are many and of no interest; failures are logged where they happen."""


class _DrainingServer(ThreadedWSGIServer):
    """Once closed, nothing asks the application any more, on open connections neither."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._quiet = threading.Condition()
        self._under_way = 0
        self._closed = False

    @contextmanager
    def answering(self) -> Iterator[bool]:
        """Yields whether a request may still be answered."""
        with self._quiet:
            allowed = not self._closed
            self._under_way += allowed
        try:
            yield allowed
        finally:
            with self._quiet:
                self._under_way -= allowed
                self._quiet.notify_all()

    def server_close(self) -> None:
        """Waits for the answers under way, but not for ever."""
        with self._quiet:
            self._closed = True
            self._quiet.wait_for(lambda: not self._under_way, _DRAIN_SECONDS)
        super().server_close()


def make_wsgi_server(*, port: int, app: Any) -> BaseWSGIServer:
    """Raises OSError when the port is in use; a port of 0 takes a free one."""
    require_free(port)  # werkzeug would end the process itself
    return _DrainingServer("127.0.0.1", port, app, _KeepAliveHandler)


def serve_in_thread(server: BaseServer, *, name: str) -> threading.Thread:
    # The interval is how long a shutdown waits.
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name=name, daemon=True)
    thread.start()
    return thread
