"""The sandbox cloud as one engine may see it: one account, one region, boto3 over HTTP."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from provisioning.clouds import sandbox_access_keys
from provisioning.sandbox.provider.refusals import (
    Cancelled,
    CloudRefused,
    CloudUnreachable,
    Refusal,
)
from provisioning.sandbox.provider.rest_cloud import Credential

_ATTEMPTS = 4
_FIRST_WAIT = 0.25
_GLANCE = 0.2  # how often a waiting call looks for the end of the sandbox
_LAST_MOMENT = 2.0
_KEPT = 300  # clients
# Not a ReadTimeoutError: the cloud may well have done what it was asked.
_AWAY = (ConnectTimeoutError, ConnectionClosedError, EndpointConnectionError)
_PASSING = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "InternalFailure",
        "InternalServerError",
        "ServiceUnavailable",
    }
)


Answer = TypeVar("Answer")


class Keys(NamedTuple):
    """What calls are signed with."""

    id: str
    secret: str
    token: str | None = None

    @classmethod
    def ready_made(cls, account: str) -> Keys:
        """The sandbox reads the account from the key; nothing here is secret."""
        fields = sandbox_access_keys(account)
        return cls(fields.reveal("access_key_id") or "", fields.reveal("secret_access_key") or "")


class Clients:
    """boto3 clients for one sandbox address; one for each key, region and service.

    They are safe to share between threads, but dear to make, and making them is not safe. Keys
    that end come and go, so only those that were used last are kept.
    """

    def __init__(self, aws_url: str) -> None:
        self.aws_url = aws_url
        self._session = boto3.session.Session()
        self._made: OrderedDict[tuple[Keys, str, str], Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, *, region: str, service: str, keys: Keys) -> Any:
        place = (keys, region, service)
        with self._lock:
            if place not in self._made:
                self._made[place] = self._make(region=region, service=service, keys=keys)
            self._made.move_to_end(place)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return self._made[place]

    def _make(self, *, region: str, service: str, keys: Keys) -> Any:
        return self._session.client(
            service,
            endpoint_url=self.aws_url,
            region_name=region,
            aws_access_key_id=keys.id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token,
            config=Config(
                # Waiting between attempts is ours, so that a cancel can end it.
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=60,
                max_pool_connections=32,
                proxies={},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )


@dataclass(frozen=True)
class Cloud:
    """Calls on behalf of one engine. After its cancel, steps under way are finished, but what
    waits to be tried again is not; `closed` is the end of the sandbox."""

    clients: Clients
    account: str
    region: str
    default_tags: dict[str, str] = field(default_factory=dict)
    credential: Credential | None = None  # None: the ready-made one of the account
    cancelled: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """Call the cloud; what passes by itself is tried again, unless the engine cancels."""

        def once(client: Any) -> dict[str, Any]:
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
            return answer

        return self._patiently(service, operation, once)

    def pages(self, service: str, operation: str, key: str, /, **arguments: Any) -> list[Any]:
        """All items of a list that comes in pages."""

        def all_pages(client: Any) -> list[Any]:
            pages = client.get_paginator(operation).paginate(**arguments)
            return list(pages.build_full_result().get(key, []))

        return self._patiently(service, operation, all_pages)

    def find(
        self, service: str, operation: str, /, *, missing: tuple[str, ...], **arguments: Any
    ) -> dict[str, Any] | None:
        """Like `call`, but None when the cloud says, with one of these codes, it has none."""
        try:
            return self.call(service, operation, **arguments)
        except CloudRefused as refused:
            if refused.code in missing:
                return None
            raise

    def _patiently(self, service: str, operation: str, act: Callable[[Any], Answer]) -> Answer:
        pause = _FIRST_WAIT
        for left in reversed(range(_ATTEMPTS)):
            try:
                return self._once(service, operation, act)
            except CloudRefused as refused:
                if not left or not _passes(refused):
                    raise
            except CloudUnreachable:
                if not left:
                    raise
            if self.cancelled.wait(pause + random.uniform(0, pause)):  # noqa: S311
                raise Cancelled
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def _once(self, service: str, operation: str, act: Callable[[Any], Answer]) -> Answer:
        client = self.clients.get(region=self.region, service=service, keys=self._keys())
        name = client.meta.service_model.service_id
        asked = f"operation error {name}: {client.meta.method_to_api_mapping[operation]}"
        try:
            return self._await(_begin(act, client))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            modelled = client.meta.service_model.shape_for_error_code(code) is not None
            raise CloudRefused(error, service=name, modelled=modelled) from error
        except _AWAY as error:
            raise CloudUnreachable(f"{asked}, request send failed: {error}") from error
        except BotoCoreError as error:
            raise Refusal(f"{asked}, {error}") from error

    def _keys(self) -> Keys:
        if self.credential:
            found = self.credential()
            return Keys(
                found["access_key_id"], found["secret_access_key"], found.get("session_token")
            )
        return Keys.ready_made(self.account)

    def _await(self, call: Future[Answer]) -> Answer:
        """The call's answer, also after a cancel: what nobody heard of leaves something behind
        that no state knows of. Only when the sandbox itself ends, a moment has to do."""
        while not self.closed.is_set():
            if wait([call], timeout=_GLANCE).done:
                return call.result()
        if not wait([call], timeout=_LAST_MOMENT).done:
            raise Cancelled
        return call.result()


def _passes(refused: CloudRefused) -> bool:
    """Whether the same call may succeed later. 501 is for what the sandbox does not have."""
    return refused.code in _PASSING or (refused.status >= 500 and refused.status != 501)


def _begin(act: Callable[[Any], Answer], client: Any) -> Future[Answer]:
    """Run a call on a thread of its own, which nobody has to wait for."""
    call: Future[Answer] = Future()

    def run() -> None:
        try:
            call.set_result(act(client))
        except BaseException as error:  # whoever waits for the answer gets it
            call.set_exception(error)

    threading.Thread(target=run, name="cloud-call", daemon=True).start()
    return call
