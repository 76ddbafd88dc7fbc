"""The sandbox's own control address: its health and its clock. JSON, loopback only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.loopback import foreign_request, require_free

_LONGEST_BODY = 10_000
_LONGEST_ADVANCE = timedelta(days=366)


class Controlled(Protocol):
    def health(self) -> dict[str, bool]: ...

    def now(self) -> datetime: ...

    def advance(self, delta: timedelta) -> datetime: ...


class Refused(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status = status
        super().__init__(message)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    sandbox: Controlled
    port: int

    def do_GET(self) -> None:
        self._answer({"/health": self._health, "/clock": self._clock})

    def do_POST(self) -> None:
        self._answer({"/clock": self._advance})

    def _answer(self, routes: dict[str, Callable[[], tuple[HTTPStatus, dict[str, Any]]]]) -> None:
        try:
            reason = foreign_request(
                host=self.headers.get("Host", ""), origin=self.headers.get("Origin"), port=self.port
            )
            if reason:
                raise Refused(HTTPStatus.FORBIDDEN, reason)
            if self.path not in routes:
                raise Refused(HTTPStatus.NOT_FOUND, f"There is no {self.command} {self.path} here.")
            status, body = routes[self.path]()
        except Refused as refused:
            self.close_connection = True  # the request's body may be unread
            status, body = refused.status, {"error": str(refused)}
        self._send(status, body)

    def _send(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def _health(self) -> tuple[HTTPStatus, dict[str, Any]]:
        parts = self.sandbox.health()
        well = all(parts.values())
        return (HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE), {"parts": parts}

    def _clock(self) -> tuple[HTTPStatus, dict[str, Any]]:
        return HTTPStatus.OK, {"now": self.sandbox.now().isoformat()}

    def _advance(self) -> tuple[HTTPStatus, dict[str, Any]]:
        delta = _read_advance(self._body())
        return HTTPStatus.OK, {"now": self.sandbox.advance(delta).isoformat()}

    def _body(self) -> bytes:
        kind = self.headers.get_content_type()
        if kind != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            raise Refused(HTTPStatus.BAD_REQUEST, "Send a short body with a Content-Length.")
        return self.rfile.read(int(length))

    def log_message(self, format: str, *args: Any) -> None:
        """Health checks come every second; they would only fill the log."""


def _read_advance(body: bytes) -> timedelta:
    try:
        delta = parse_duration(json.loads(body)["advance"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        message = str(error) if isinstance(error, ValueError) else ""
        raise Refused(
            HTTPStatus.BAD_REQUEST, message or 'Send {"advance": "PT2H"}, an ISO 8601 duration.'
        ) from error
    if delta > _LONGEST_ADVANCE:
        raise Refused(HTTPStatus.BAD_REQUEST, "The clock advances by at most a year at a time.")
    return delta


def make_control_server(*, port: int, sandbox: Controlled) -> ThreadingHTTPServer:
    """A port of 0 takes a free one."""

    class Handler(_Handler):
        pass

    require_free(port)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Handler.sandbox, Handler.port = sandbox, server.server_port
    server.daemon_threads = True
    return server
