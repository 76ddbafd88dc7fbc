"""A simulated cloud that speaks JSON over paths, as one engine may see it.

The vendor's own plug-ins for Azure and Google call the clouds' REST addresses as well, not
an SDK of a service.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

from provisioning.sandbox.provider.refusals import Cancelled, CloudUnreachable, Refusal

_ATTEMPTS = 4
_FIRST_WAIT = 0.25
_GLANCE = 0.2
_LAST_MOMENT = 2.0


class RestRefused(Refusal):
    """The cloud's answer; `code` and `message` are its own. Each package words it itself."""

    def __init__(self, *, status: int, body: Any, method: str, url: str) -> None:
        error = body.get("error", {}) if isinstance(body, dict) else {}
        error = error if isinstance(error, dict) else {"message": str(error)}
        self.status = status
        self.error: dict[str, Any] = error
        self.code = str(error.get("status") or error.get("code") or status)
        self.message = str(error.get("message") or body)
        self.method = method
        self.url = url
        super().__init__(f"{self.code}: {self.message}")


# What calls are made with, by field; raises Refusal where it ended.
Credential = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class RestAnswer:
    status: int
    headers: Mapping[str, str]
    body: Any  # {} where it was empty


@dataclass(frozen=True)
class RestCloud:
    """Calls on behalf of one engine. After its cancel, steps under way are finished, but what
    waits to be tried again is not; `closed` is the end of the sandbox."""

    url: str  # where the simulated cloud listens
    account: str  # the subscription or project
    region: str
    pool: urllib3.PoolManager
    default_tags: dict[str, str] = field(default_factory=dict)
    credential: Credential | None = None  # None: the ready-made one of the account
    cancelled: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def call(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None
    ) -> Any:
        """The answer's JSON, {} for an empty one. What passes by itself is tried again."""
        return self.exchange(method, path, body, query=query).body

    def exchange(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None
    ) -> RestAnswer:
        """Like `call`, for what needs more of the answer than its body."""
        pause = _FIRST_WAIT
        for left in reversed(range(_ATTEMPTS)):
            try:
                return self._once(method, path, body, query)
            except RestRefused as refused:
                passing = refused.status in (429, 500, 502, 503, 504)
                if not left or not passing:
                    raise
            except CloudUnreachable:
                if not left:
                    raise
            if self.cancelled.wait(pause + random.uniform(0, pause)):  # noqa: S311
                raise Cancelled
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def find(self, path: str, *, query: dict[str, str] | None = None) -> Any | None:
        """What a GET shows, None when the cloud has none."""
        try:
            return self.call("GET", path, query=query)
        except RestRefused as refused:
            if refused.status == 404:
                return None
            raise

    def _once(self, method: str, path: str, body: Any, query: dict[str, str] | None) -> RestAnswer:
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._await(self._begin(method, url, body))
        except urllib3.exceptions.HTTPError as error:
            raise CloudUnreachable(f"{method} {url}: {error}") from error
        found = _parsed(answer.data)
        if answer.status >= 400:
            raise RestRefused(status=answer.status, body=found, method=method, url=url)
        return RestAnswer(status=answer.status, headers=answer.headers, body=found)

    def _begin(self, method: str, url: str, body: Any) -> Future[Any]:
        """On a thread of its own, which nobody has to wait for."""
        call: Future[Any] = Future()

        def run() -> None:
            try:
                call.set_result(self._send(method, url, body))
            except BaseException as error:  # whoever waits for the answer gets it
                call.set_exception(error)

        threading.Thread(target=run, name="cloud-call", daemon=True).start()
        return call

    def _send(self, method: str, url: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        payload = None if body is None else json.dumps(body).encode()
        return self.pool.request(
            method, url, body=payload, headers=headers, retries=False,
            timeout=urllib3.Timeout(connect=2, read=60),
        )  # fmt: skip

    def token(self) -> str:
        """What calls are made with: what the sandbox was told, or the account's own."""
        if self.credential:
            return self.credential()["token"]
        return f"sandbox-only-token-of-{self.account}"

    def _await(self, call: Future[Any]) -> Any:
        """The call's answer, also after a cancel: what nobody heard of leaves something behind
        that no state knows of. Only when the sandbox itself ends, a moment has to do."""
        while not self.closed.is_set():
            if wait([call], timeout=_GLANCE).done:
                return call.result()
        if not wait([call], timeout=_LAST_MOMENT).done:
            raise Cancelled
        return call.result()


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data) if data else {}
    except ValueError:
        return {"error": {"message": data.decode("utf-8", "replace")}}
