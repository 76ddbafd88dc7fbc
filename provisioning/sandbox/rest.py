"""The door of a simulated cloud that speaks JSON over paths: who may enter, which operation
answers, and when it is durable."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal

from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from provisioning.sandbox.loopback import BODY_READ, UNDERSCORED, foreign_request
from provisioning.sandbox.world import World

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024 * 1024
_CATCH_UP_SECONDS = 0.05


class RestError(Exception):
    """A refusal in the cloud's own code and words; the Dialect shapes its body."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.more = more
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True)
class RestRequest:
    """One call. `arguments` are the labels of the path."""

    method: str
    path: str
    target: str  # path and query as they were sent, for signatures
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    root: str  # "http://127.0.0.1:8951", for addresses in answers
    arguments: Mapping[str, str] = field(default_factory=dict)
    caller: Any = None  # who it is by its token, where the cloud has found that out

    def json(self) -> dict[str, Any]:
        """The body's object; an empty body is an empty one. Raises ValueError."""
        found = json.loads(self.body or b"{}")
        if not isinstance(found, dict):
            raise ValueError("The body is not a JSON object.")
        return found


@dataclass(frozen=True)
class RestResponse:
    status: int = 200
    body: Any = None  # bytes as they are; anything else as JSON; None: empty
    headers: Mapping[str, str] = field(default_factory=dict)


Operation = Callable[[RestRequest], RestResponse]


@dataclass(frozen=True)
class Route:
    """`rule` is a werkzeug rule, "/subscriptions/<subscription>/resourcegroups/<group>". Its
    name is what faults match: "PipelineRuns.Cancel", "projects.locations.triggers.create".
    An operation that is not `locked` takes the world's lock by itself where it needs it."""

    method: str
    rule: str
    name: str
    operation: Operation
    locked: bool = True


class Dialect:
    """How one cloud words what the door itself says."""

    cloud: Literal["azure", "google"]

    def error(self, error: RestError) -> RestResponse:
        raise NotImplementedError

    def require_caller(self, request: RestRequest) -> None:
        """Raises RestError for requests without a token."""
        raise NotImplementedError

    def not_found(self, request: RestRequest) -> RestError:
        raise NotImplementedError

    def throttled(self) -> RestError:
        raise NotImplementedError

    def refused(self, code: str, message: str) -> RestError:
        raise NotImplementedError

    def failed(self) -> RestError:
        raise NotImplementedError


class Doors:
    """Several gates on one port, each for the paths below its prefix; a WSGI application."""

    def __init__(self, gates: Mapping[str, RestGate], *, otherwise: RestGate) -> None:
        self._gates = gates
        self._otherwise = otherwise

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        first = str(environ.get("PATH_INFO", "")).split("/", 2)[1:2]
        gate = self._gates.get(f"/{first[0]}") if first else None
        return (gate or self._otherwise)(environ, start_response)


class RestGate:
    """A WSGI application. `ignore_case` is of paths, but for the labels' values."""

    def __init__(
        self,
        *,
        port: int,
        world: World,
        dialect: Dialect,
        routes: Iterable[Route],
        ignore_case: bool = False,
    ) -> None:
        self._port = port
        self._world = world
        self._dialect = dialect
        self._ignore_case = ignore_case
        self._routes = {f"{each.method} {each.rule}": each for each in routes}
        self._map = Map(
            [
                Rule(
                    _without_case(each.rule) if ignore_case else each.rule,
                    methods=[each.method],
                    endpoint=key,
                )
                for key, each in self._routes.items()
            ],
            strict_slashes=False,
            merge_slashes=False,
            redirect_defaults=False,
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self._enter(environ)
        payload = answer.body if isinstance(answer.body, bytes) else _written(answer.body)
        response = Response(payload, status=answer.status)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        for name, value in answer.headers.items():
            response.headers[name] = value
        if environ["REQUEST_METHOD"] != "HEAD":
            response.headers["Content-Length"] = str(len(payload))
        if answer.status >= 500 or not environ.get(BODY_READ):
            response.headers["Connection"] = "close"
        if skew := self._skew():
            response.headers["Date"] = formatdate(time.time() + skew, usegmt=True)
        return response(environ, start_response)

    def _skew(self) -> float:
        """A clock that is wrong everywhere is wrong in the answers' dates as well."""
        if not len(self._world.faults.table):
            return 0.0
        with self._world.lock:
            return self._world.faults.shown_skew(self._dialect.cloud)

    def _enter(self, environ: dict[str, Any]) -> RestResponse:
        dialect = self._dialect
        try:
            reason = foreign_request(
                host=environ.get("HTTP_HOST", ""),
                origin=environ.get("HTTP_ORIGIN"),
                port=self._port,
            )
            if reason:
                raise dialect.refused("Forbidden", reason)
            request = _read(environ)
            dialect.require_caller(request)
            return self._answer(request)
        except RestError as error:
            return dialect.error(error)
        except ConnectionAbortedError:  # the listener closes the connection without a word
            raise
        except Exception:  # the outermost edge: a client must get an answer
            log.exception("%s %s failed", environ["REQUEST_METHOD"], environ.get("PATH_INFO"))
            return dialect.error(dialect.failed())

    def _answer(self, request: RestRequest) -> RestResponse:
        world = self._world
        route, request = self._find(request)
        world.simulation.run(until=world.clock.read(), seconds=_CATCH_UP_SECONDS)
        self._misbehave(route)
        try:
            if not route.locked:
                return route.operation(request)
            with world.lock, world.clock.at(world.clock.read()):
                return route.operation(request)
        finally:
            # What an operation changed before it refused is durable too.
            world.store.commit()

    def inside(self, request: RestRequest) -> RestResponse:
        """The answer to a caller that is simulated itself. Call it with the world locked."""
        dialect, faults = self._dialect, self._world.faults
        try:
            dialect.require_caller(request)
            route, request = self._find(request)
            names = (route.name, route.rule)
            if faults.take("throttle", dialect.cloud, *names):
                raise dialect.throttled()
            if refuse := faults.take("refuse", dialect.cloud, *names):
                raise dialect.refused(refuse.code, refuse.message or "Refused on request.")
            return route.operation(request)
        except RestError as error:
            return dialect.error(error)

    def _find(self, request: RestRequest) -> tuple[Route, RestRequest]:
        adapter = self._map.bind("sandbox")
        path = _without_case(request.path) if self._ignore_case else request.path
        try:
            key, arguments = adapter.match(path, method=request.method)
        except (NotFound, MethodNotAllowed) as error:
            raise self._dialect.not_found(request) from error
        route = self._routes[key]
        if self._ignore_case:
            arguments = _as_spelled(route.rule, request.path)
        return route, _with(request, arguments)

    def _misbehave(self, route: Route) -> None:
        world, cloud, names = self._world, self._dialect.cloud, (route.name, route.rule)
        with world.lock:
            delay = world.faults.take("delay", cloud, *names)
            throttle = world.faults.take("throttle", cloud, *names)
            refuse = world.faults.take("refuse", cloud, *names)
            away = world.faults.take("away", cloud, *names)
        if delay:
            time.sleep(min(delay.seconds, 60.0))
        if throttle:
            raise self._dialect.throttled()
        if away:
            raise ConnectionAbortedError(f"the sandbox {cloud} is away")
        if refuse:
            raise self._dialect.refused(refuse.code, refuse.message or "Refused on request.")


_SMALL = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LABEL = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


def _without_case(path: str) -> str:
    """Of ASCII letters only, so that the length stays; labels in a rule stay as they are."""
    words = re.split(r"(<[^>]*>)", path)
    return "".join(word if word.startswith("<") else word.translate(_SMALL) for word in words)


def _as_spelled(rule: str, path: str) -> dict[str, str]:
    """The values of a rule's labels as the path spells them; one may be of kind `path`."""
    pieces, found = rule.split("/"), path.rstrip("/").split("/")
    surplus = len(found) - len(pieces)
    values, at = {}, 0
    for piece in pieces:
        label = _LABEL.fullmatch(piece)
        width = 1 + surplus if label and label["kind"] == "path" else 1
        if label:
            values[label["name"]] = "/".join(found[at : at + width])
        at += width
    return values


def _with(request: RestRequest, arguments: Mapping[str, Any]) -> RestRequest:
    found = {name: str(value) for name, value in arguments.items()}
    return RestRequest(**{**vars(request), "arguments": found})


def _read(environ: dict[str, Any]) -> RestRequest:
    request = Request(environ)
    request.max_content_length = LARGEST_BODY
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        message = f"The sandbox takes requests of up to {LARGEST_BODY} bytes."
        raise RestError(413, "RequestEntityTooLarge", message) from error
    environ[BODY_READ] = True
    return RestRequest(
        method=request.method,
        path=request.path,
        target=environ.get("REQUEST_URI") or environ.get("RAW_URI") or request.full_path,
        query=request.args.to_dict(),
        headers={
            **{name.lower(): value for name, value in request.headers.items()},
            **environ.get(UNDERSCORED, {}),
        },
        body=body,
        root=request.host_url.rstrip("/"),
    )


def _written(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, default=str).encode()
