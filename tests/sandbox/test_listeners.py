"""What a listener owes to its application when it is closed."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from provisioning.sandbox.listeners import make_wsgi_server, serve_in_thread


class Application:
    def __init__(self) -> None:
        self.asked = 0
        self.reached = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked += 1
        self.reached.set()
        assert self.may_go_on.wait(60)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]


def test_closing_waits_for_the_answers_under_way() -> None:
    application = Application()
    server = make_wsgi_server(port=0, app=application)
    serve_in_thread(server, name="listener")
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.request("GET", "/")
    assert application.reached.wait(60)
    server.shutdown()
    closing = threading.Thread(target=server.server_close)
    closing.start()

    closing.join(0.2)
    assert closing.is_alive()
    application.may_go_on.set()
    assert connection.getresponse().read() == b"done"
    closing.join(60)
    assert not closing.is_alive()


def test_a_closed_listener_answers_nothing_on_open_connections() -> None:
    application = Application()
    application.may_go_on.set()
    server = make_wsgi_server(port=0, app=application)
    serve_in_thread(server, name="listener")
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"done"
    server.shutdown()
    server.server_close()

    connection.request("GET", "/")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    assert application.asked == 1
