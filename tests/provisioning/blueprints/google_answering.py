"""A session whose Google answers what was recorded, and keeps what it was asked.

The clients are the real ones, over a connection that knows the recorded answers. What is sent
and what is answered is held against the API's published description: a field that Google does
not have is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httplib2
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from googleapiclient.discovery import build_from_document

from provisioning.clouds.google import Storage, _document, _Request
from provisioning.contracts import Cloud

PROJECT = "skyclock-test"
REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Recorded:
    method: str
    path: re.Pattern[str]
    status: int
    body: Any
    query: dict[str, str]
    once: bool


@dataclass
class AnsweringGoogle:
    """`answers` are tried in the order in which they were given; the first that fits answers."""

    now_at: str = "2026-11-21T12:00:00+00:00"
    cloud = Cloud.GOOGLE
    region = REGION
    account = PROJECT
    sandbox = False
    asked: list[Asked] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)

    def client(self, service: str) -> Any:
        if service == "storage":
            return self._storage()
        return build_from_document(
            _document(service), http=_Connection(self, service), requestBuilder=_Request
        )

    def now(self) -> datetime:
        return datetime.fromisoformat(self.now_at).astimezone(UTC)

    def identity(self) -> str:
        return f"deployer@{PROJECT}.iam.gserviceaccount.com"

    def answers(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        status: int = 200,
        once: bool = False,
        **query: str,
    ) -> None:
        """`path` is a regular expression for the end of the path."""
        pattern = re.compile(rf".*{path}")
        self.recorded.append(Recorded(method, pattern, status, body, query, once))

    def refuses(self, method: str, path: str, status: int, code: str, **more: Any) -> None:
        error = {"code": status, "message": "The cloud's own words.", "status": code}
        self.answers(method, path, {"error": error}, status=status, **more)

    def asked_to(self, method: str, path: str = "") -> list[Asked]:
        return [each for each in self.asked if each.method == method and path in each.path]

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(url)
        asked = Asked(method, parts.path, dict(parse_qsl(parts.query)), body)
        self.asked.append(asked)
        for each in self.recorded:
            fits = each.method == method and each.path.fullmatch(parts.path)
            if fits and each.query.items() <= asked.query.items():
                if each.once:
                    self.recorded.remove(each)
                return each.status, each.body
        raise AssertionError(f"nothing was recorded for {asked}")

    def _storage(self) -> Storage:
        transport = AuthorizedSession(AnonymousCredentials())
        transport.mount("https://", _Adapter(self))
        client = Storage(project=PROJECT, credentials=AnonymousCredentials(), _http=transport)
        client._bucket_metadata_cache = None
        return client


class _Connection:
    """What httplib2 is to the library."""

    def __init__(self, google: AnsweringGoogle, service: str) -> None:
        self._google = google
        self._service = service

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        sent = json.loads(body) if body else None
        status, answer = self._google.answer(method, uri, sent)
        published = published_method(self._service, method, urlsplit(uri).path)
        if status < 400:
            assert not list(unpublished(self._service, published.get("response"), answer))
        assert not list(unpublished(self._service, published.get("request"), sent or {}))
        return httplib2.Response({"status": status}), json.dumps(answer).encode()

    def close(self) -> None:
        pass


class _Adapter(requests.adapters.BaseAdapter):
    """What a server is to Cloud Storage's library."""

    def __init__(self, google: AnsweringGoogle) -> None:
        super().__init__()
        self._google = google

    def send(self, request: Any, **_: Any) -> requests.Response:
        status, body = self._google.answer(request.method, request.url, request.body)
        response = requests.Response()
        response.status_code, response.request, response.url = status, request, request.url
        response._content = json.dumps(body).encode()
        response.headers["Content-Type"] = "application/json"
        return response

    def close(self) -> None:
        pass


def published_method(service: str, verb: str, path: str) -> dict[str, Any]:
    """The method that a call is of, by its path."""
    for method in _methods(_document(service)):
        flat = re.sub(r"\{\w+\}", "[^/]+", method.get("flatPath") or method["path"])
        if method["httpMethod"] == verb and re.fullmatch(f"/{flat}", path):
            return method
    raise AssertionError(f"{service} has no {verb} {path}")


def _methods(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from found.get("methods", {}).values()
    for inner in found.get("resources", {}).values():
        yield from _methods(inner)


def unpublished(
    service: str, reference: Mapping[str, str] | None, value: Mapping[str, Any]
) -> Iterator[str]:
    """Fields that the API's description does not have."""
    schemas = _document(service)["schemas"]

    def walk(name: str, found: Mapping[str, Any], at: str) -> Iterator[str]:
        properties = schemas[name].get("properties", {})
        for key, inner in found.items():
            told = properties.get(key)
            if told is None:
                yield f"{at}.{key}"
            elif "$ref" in told:
                yield from walk(told["$ref"], inner, f"{at}.{key}")
            elif "$ref" in told.get("items", {}):
                for each in inner:
                    yield from walk(told["items"]["$ref"], each, f"{at}.{key}[]")

    if reference:
        yield from walk(reference["$ref"], value, reference["$ref"])
