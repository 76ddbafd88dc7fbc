"""The door of the simulated AWS: who may enter, which service answers, when it is durable."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.answers import error_response
from provisioning.sandbox.aws.authorisation import authorise
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.identity import identify
from provisioning.sandbox.aws.long_polls import brought_nothing, without_wait
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later, read_request
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.loopback import BODY_READ, foreign_request

log = logging.getLogger(__name__)

# A request first lets what is due happen; a long catch-up must not hold it up.
_CATCH_UP_SECONDS = 0.05
_POLL_SECONDS = 0.25


class Service(Protocol):
    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None: ...


class Gate:
    """A WSGI application. Our own services come first; what they leave goes to moto."""

    def __init__(
        self, *, port: int, world: World, moto: MotoApp, services: Mapping[str, Service]
    ) -> None:
        self._port = port
        self._world = world
        self._moto = moto
        self._services = services

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response = self._enter(environ)
        status = HTTPStatus(response.status)
        headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
        headers.append(("Content-Length", _length(response, environ["REQUEST_METHOD"])))
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or not environ.get(BODY_READ):
            headers.append(("Connection", "close"))
        if skew := self._skew():
            headers.append(("Date", formatdate(time.time() + skew, usegmt=True)))
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def _enter(self, environ: dict[str, Any]) -> AwsResponse:
        request: AwsRequest | None = None
        try:
            reason = foreign_request(
                host=environ.get("HTTP_HOST", ""),
                origin=environ.get("HTTP_ORIGIN"),
                port=self._port,
            )
            if reason:
                raise AwsError("AccessDenied", reason, status=403)
            request = read_request(environ)
            if request.path.startswith("/moto-api"):
                raise AwsError("AccessDenied", "There is nothing here.", status=403)
            self._misbehave(request)
            caller = self._identify(request)
            return self._answer_patiently(request, caller)
        except AwsError as error:
            return error_response(
                error,
                service=request.service if request else "",
                content_type=environ.get("CONTENT_TYPE", ""),
            )

    def _skew(self) -> float:
        """A clock that is wrong everywhere is wrong in the answers' dates as well."""
        if not len(self._world.faults.table):
            return 0.0
        with self._world.lock:
            return self._world.faults.shown_skew("aws")

    def _misbehave(self, request: AwsRequest) -> None:
        """A cloud that is away closes the connection: its error passes through the server."""
        if not len(self._world.faults.table):
            return
        try:
            self._world.misbehaviour.meet(request)
        finally:
            self._world.store.commit()  # a fault that is used up stays so

    def _identify(self, request: AwsRequest) -> Caller:
        with self._world.lock:
            return identify(request, self._world)

    def _answer_patiently(self, request: AwsRequest, caller: Caller) -> AwsResponse:
        request, patience = without_wait(request)
        deadline = time.monotonic() + patience
        while True:
            response = self._answer(request, caller)
            if time.monotonic() >= deadline or not brought_nothing(response):
                return response
            time.sleep(_POLL_SECONDS)

    def _answer(self, request: AwsRequest, caller: Caller) -> AwsResponse:
        world = self._world
        try:
            world.simulation.run(until=world.clock.read(), seconds=_CATCH_UP_SECONDS)
            with world.lock, world.clock.at(world.clock.read()):
                response = self._dispatch(request, caller)
            world.store.commit()
            return response.finish() if isinstance(response, Later) else response
        except AwsError:
            # What an operation changed before it refused is durable too.
            world.store.commit()
            raise
        except Exception as error:  # the outermost edge: a client must get an answer
            log.exception("%s %s %s failed", request.service, request.method, request.path)
            raise AwsError(
                "InternalFailure", "The sandbox failed; its log says why.", status=500
            ) from error

    def _dispatch(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later:
        authorise(request, caller)
        own = self._services.get(request.service)
        response = own.answer(request, caller) if own else None
        return response or self._moto.answer(request, caller)


def _length(response: AwsResponse, method: str) -> str:
    """Of a HEAD the length is that of the body which is not sent."""
    declared = dict(response.headers).get("Content-Length")
    return declared if method == "HEAD" and declared else str(len(response.body))
