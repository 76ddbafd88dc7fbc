"""The sandbox's own control address: its health, its clock, what fired, what is to go wrong, and
who works under which name. JSON, loopback only."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from provisioning.contracts import SandboxFault, SandboxIdentity
from provisioning.sandbox.durations import parse_duration
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.identities import Identities
from provisioning.sandbox.journal import KEPT, Journal
from provisioning.sandbox.loopback import foreign_request, require_free

_LONGEST_BODY = 10_000
_LONGEST_ADVANCE = timedelta(days=366)
FASTEST = 3600  # an hour each second


class Controlled(Protocol):
    journal: Journal
    faults: Faults
    identities: Identities

    def health(self) -> dict[str, bool]: ...

    def now(self) -> datetime: ...

    def speed(self) -> float: ...

    def advance(self, delta: timedelta) -> datetime: ...

    def run_at(self, speed: float) -> None: ...

    def changing(self) -> AbstractContextManager[None]:
        """What is changed within is durable when it ends."""


class Refused(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status = status
        super().__init__(message)


Asked = TypeVar("Asked", bound=BaseModel)
Answer = tuple[HTTPStatus, dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    sandbox: Controlled
    port: int

    def do_GET(self) -> None:
        self._answer(
            {
                "/health": self._health,
                "/clock": self._clock,
                "/journal": self._journal,
                "/faults": self._faults,
            }
        )

    def do_POST(self) -> None:
        self._answer(
            {
                "/clock": self._set_clock,
                "/faults": self._add_fault,
                "/identities": self._know_identity,
            }
        )

    def do_DELETE(self) -> None:
        self._answer({"/faults": self._remove_fault})

    def _answer(self, routes: dict[str, Callable[[], Answer]]) -> None:
        try:
            reason = foreign_request(
                host=self.headers.get("Host", ""), origin=self.headers.get("Origin"), port=self.port
            )
            if reason:
                raise Refused(HTTPStatus.FORBIDDEN, reason)
            path = urlsplit(self.path).path
            if path not in routes:
                raise Refused(HTTPStatus.NOT_FOUND, f"There is no {self.command} {path} here.")
            status, body = routes[path]()
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

    def _health(self) -> Answer:
        parts = self.sandbox.health()
        well = all(parts.values())
        return (HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE), {"parts": parts}

    # ── Clock ───────────────────────────────────────────────────────────────────────

    def _clock(self) -> Answer:
        return HTTPStatus.OK, {
            "now": self.sandbox.now().isoformat(),
            "speed": self.sandbox.speed(),
        }

    def _set_clock(self) -> Answer:
        body = self._json()
        if "speed" in body:
            self.sandbox.run_at(_read_speed(body))
        else:
            self.sandbox.advance(_read_advance(body))
        return self._clock()

    # ── Journal and faults ──────────────────────────────────────────────────────────

    def _journal(self) -> Answer:
        after, most = self._number("after", 0), self._number("most", KEPT)
        entries = self.sandbox.journal.entries(after=after, most=max(1, most))
        return HTTPStatus.OK, {"entries": [each.model_dump(mode="json") for each in entries]}

    def _faults(self) -> Answer:
        every = self.sandbox.faults.every()
        return HTTPStatus.OK, {"faults": [each.model_dump(mode="json") for each in every]}

    def _add_fault(self) -> Answer:
        wanted = self._read(SandboxFault)
        with self.sandbox.changing():
            added = self.sandbox.faults.add(wanted)
        return HTTPStatus.CREATED, added.model_dump(mode="json")

    def _remove_fault(self) -> Answer:
        id = self._query().get("id", "")
        with self.sandbox.changing():
            known = self.sandbox.faults.remove(id)
        if not known:
            raise Refused(HTTPStatus.NOT_FOUND, f"There is no fault '{id}'.")
        return HTTPStatus.OK, {}

    # ── Identities ──────────────────────────────────────────────────────────────────

    def _know_identity(self) -> Answer:
        told = self._read(SandboxIdentity)
        self.sandbox.identities.put(told)
        return HTTPStatus.CREATED, {"reference": told.reference}

    # ── Reading requests ────────────────────────────────────────────────────────────

    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))

    def _number(self, name: str, otherwise: int) -> int:
        text = self._query().get(name, str(otherwise))
        if not text.isdecimal():
            raise Refused(HTTPStatus.BAD_REQUEST, f"{name} is a whole number.")
        return int(text)

    def _read(self, model: type[Asked]) -> Asked:
        try:
            return model.model_validate(self._json())
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            where = ".".join(map(str, found[0]["loc"]))
            # `from None`: its own text has the input in it.
            raise Refused(HTTPStatus.BAD_REQUEST, f"{where}: {found[0]['msg']}") from None

    def _json(self) -> dict[str, Any]:
        try:
            body = json.loads(self._body())
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise Refused(HTTPStatus.BAD_REQUEST, "The body is not a JSON object.")
        return body

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


def _read_advance(body: dict[str, Any]) -> timedelta:
    try:
        delta = parse_duration(body["advance"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        message = str(error) if isinstance(error, ValueError) else ""
        raise Refused(
            HTTPStatus.BAD_REQUEST, message or 'Send {"advance": "PT2H"}, an ISO 8601 duration.'
        ) from error
    if delta > _LONGEST_ADVANCE:
        raise Refused(HTTPStatus.BAD_REQUEST, "The clock advances by at most a year at a time.")
    return delta


def _read_speed(body: dict[str, Any]) -> float:
    speed = body["speed"]
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 1 <= speed <= FASTEST:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The clock runs at a speed from 1 to {FASTEST}.")
    return float(speed)


def make_control_server(*, port: int, sandbox: Controlled) -> ThreadingHTTPServer:
    """A port of 0 takes a free one."""

    class Handler(_Handler):
        pass

    require_free(port)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Handler.sandbox, Handler.port = sandbox, server.server_port
    server.daemon_threads = True
    return server
