"""Writes what moto holds into the store and reads it back at the start.

Each of moto's backends (a service of an account in a region) is one row. Things that come
in great numbers, objects and log streams, are rows of their own, so that an upload does
not write all other objects again.

What is read back is data: only the classes that moto's models are made of are allowed
(see `allowed`), and rows of another release of moto are refused.
"""

from __future__ import annotations

import io
import itertools
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import moto
from moto.backends import get_backend
from moto.core.base_backend import BaseBackend
from moto.logs.models import LogEvent, LogGroup, LogStream
from moto.s3.models import FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore

from provisioning.sandbox.aws.allowed import NotAllowed, RestrictedPickler, RestrictedUnpickler
from provisioning.sandbox.clock import Clock
from provisioning.sandbox.records import BEGIN_ANEW
from provisioning.sandbox.store import Store

SERVICES = ("s3", "iam", "sts", "sqs", "logs", "sagemaker")
PART_TYPES = (FakeKey, LogStream)

# Rebuilt by each backend for itself.
_DERIVED = {"iam": ("account_summary", "aws_managed_policies", "policy_arn_regex")}
# A change of one service's state that comes with another's.
_TOGETHER = {"s3": ("sqs",), "sts": ("iam",)}

_BACKENDS = "moto"
_PARTS = "moto_part"
_RELEASE = "moto_release"


class OtherRelease(Exception):
    """The state was written by another release of moto."""


class _TrackedChanges:
    """Notes parts whose attributes are set; the part itself cannot tell whose it is."""

    def __init__(self) -> None:
        self.changed: dict[int, Any] = {}

    def install(self) -> None:
        def note(part: Any, name: str, value: Any) -> None:
            if part.__dict__.get(name, self) != value:
                self.changed[id(part)] = part
            object.__setattr__(part, name, value)

        for kind in PART_TYPES:
            kind.__setattr__ = note


class MotoState:
    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._touched: set[tuple[str, str, str]] = set()
        self._tracked = _TrackedChanges()
        # By identity, and held, so that no other object gets the same identity.
        self._parts: dict[int, tuple[int, Any]] = {}
        self._parts_of: dict[str, set[int]] = {}
        self._numbers = itertools.count(1)
        self._load()
        self._tracked.install()
        store.before_commit(self._gather)

    def touch(self, service: str, account: str, region: str) -> None:
        """The service's state in this account and region has changed, or may have."""
        for name in (service, *_TOGETHER.get(service, ())):
            for there in _regions(name, account, region if name == service else None):
                self._touched.add((name, account, there))
        self._store.changed()

    # ── Writing ─────────────────────────────────────────────────────────────────────

    def _gather(self) -> None:
        touched, self._touched = self._touched, set()
        refused: NotAllowed | None = None
        for service, account, region in touched:
            try:
                self._put_backend(service, account, region)
            except NotAllowed as error:  # it must not take the others with it
                refused = error
        for identity in self._tracked.changed:
            if identity in self._parts:
                self._put_part(*self._parts[identity])
        self._tracked.changed.clear()
        if refused:
            raise refused

    def _put_backend(self, service: str, account: str, region: str) -> None:
        backend = get_backend(service)[account][region]
        state = {k: v for k, v in vars(backend).items() if k not in _DERIVED.get(service, ())}
        key = f"{service}/{account}/{region}"
        found: set[int] = set()
        body = _dump(state, lambda part: self._number(part, found))
        for gone in self._parts_of.get(key, set()) - found:
            number, _ = self._parts.pop(gone)
            self._store.delete(_PARTS, str(number))
        self._parts_of[key] = found
        self._store.put(_BACKENDS, key, body)

    def _number(self, part: Any, found: set[int]) -> int:
        if id(part) not in self._parts:
            self._parts[id(part)] = (next(self._numbers), part)
            self._tracked.changed[id(part)] = part
        found.add(id(part))
        return self._parts[id(part)][0]

    def _put_part(self, number: int, part: Any) -> None:
        state = part.__getstate__() if isinstance(part, FakeKey) else dict(vars(part))
        state.pop("log_group", None)  # set again by its group, see _after_loading
        self._store.put(_PARTS, str(number), _dump((type(part).__name__, state), None))

    # ── Reading ─────────────────────────────────────────────────────────────────────

    def _load(self) -> None:
        self._check_release()
        loaded: dict[int, Any] = {}

        def part(number: int) -> Any:
            if number not in loaded:
                body = self._store.get(_PARTS, str(number))
                if body is None:
                    raise pickle.UnpicklingError(f"part {number} is missing")
                loaded[number] = _make_part(*RestrictedUnpickler(body, part=part).load())
            self._parts[id(loaded[number])] = (number, loaded[number])
            return loaded[number]

        highest = 0
        for key, body in list(self._store.rows(_BACKENDS)):
            service, account, region = key.split("/")
            loaded.clear()
            state = RestrictedUnpickler(body, part=part).load()
            vars(get_backend(service)[account][region]).update(state)
            self._parts_of[key] = {id(each) for each in loaded.values()}
            highest = max([highest, *loaded])
            _after_loading(service, account, region)
        self._numbers = itertools.count(highest + 1)
        LogEvent._event_id = int(self._clock.read() * 1000)

    def _check_release(self) -> None:
        written = self._store.get(_RELEASE, "moto")
        if written is None:
            self._store.put(_RELEASE, "moto", moto.__version__.encode())
        elif written.decode() != moto.__version__:
            raise OtherRelease(
                f"The sandbox's state was written by moto {written.decode()}, this is moto "
                f"{moto.__version__}. {BEGIN_ANEW}"
            )


def _address(backend: BaseBackend) -> tuple[str, str, str]:
    service = type(backend).__module__.split(".")[1]
    return (service, backend.account_id, backend.region_name)


def load_part(number: int) -> Any:
    """Names a part in a row; RestrictedUnpickler puts the loader in its place."""
    raise NotImplementedError(number)


def load_backend(service: str, account: str, region: str) -> Any:
    """Names another backend in a row: the living one, never a copy."""
    if service not in SERVICES:  # moto would import whatever module is named so
        raise NotAllowed(f"{service} is not part of the sandbox's state.")
    return get_backend(service)[account][region]


def load_key_store(versions: dict[str, list[Any]]) -> Any:
    """A bucket's keys. Left to itself, pickle asks for `items`, and gets no old versions."""
    store = _VersionedKeyStore()
    dict.update(store, versions)
    return store


def _dump(value: Any, number: Callable[[Any], int] | None) -> bytes:
    """`number` gives the number of a part; without it, parts are written in place."""

    def replace(each: Any) -> Any:
        if number and isinstance(each, PART_TYPES):
            return (load_part, (number(each),))
        if isinstance(each, BaseBackend):
            return (load_backend, _address(each))
        if isinstance(each, _VersionedKeyStore):
            return (load_key_store, (dict(each),))
        if isinstance(each, threading.Condition):
            return (threading.Condition, ())
        return NotImplemented

    file = io.BytesIO()
    RestrictedPickler(file, replace=replace).dump(value)
    return file.getvalue()


def _make_part(name: str, state: dict[str, Any]) -> Any:
    kind = {each.__name__: each for each in PART_TYPES}[name]
    made = kind.__new__(kind)
    if isinstance(made, FakeKey):
        made.__setstate__(state)
    else:
        vars(made).update(state)
    return made


def _regions(service: str, account: str, region: str | None) -> Iterator[str]:
    """The keys under which moto keeps a service's backends: regions, or the partition."""
    backends = get_backend(service)[account]
    if region is None:
        yield from list(backends.keys())
    else:
        yield "aws" if service in ("s3", "iam", "sts") else region


def _after_loading(service: str, account: str, region: str) -> None:
    """What moto keeps beside its backends, or both ways."""
    backend = get_backend(service)[account][region]
    if service == "s3":
        for name in backend.buckets:
            s3_backends.bucket_accounts[name] = (region, account)
    if service == "logs":
        groups: dict[str, LogGroup] = backend.groups
        for group in groups.values():
            for stream in group.streams.values():
                stream.log_group = group
