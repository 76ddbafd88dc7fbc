"""HTTP listeners on loopback, each on a thread of its own."""

from __future__ import annotations

import threading
from socketserver import BaseServer
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server


class _KeepAliveHandler(MotoRequestHandler):  # type: ignore[misc]
    """Connections stay open; without Nagle's algorithm, which would delay each answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are many and of no interest; failures are logged where they happen."""


def make_wsgi_server(*, port: int, app: Any) -> BaseWSGIServer:
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_KeepAliveHandler)


def serve_in_thread(server: BaseServer, *, name: str) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever, name=name, daemon=True)
    thread.start()
    return thread
