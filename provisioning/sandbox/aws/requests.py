"""A request to the simulated AWS, read once, and the answer to it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.loopback import BODY_READ

LARGEST_BODY = 64 * 1024 * 1024

_READING = ("Get", "List", "Describe", "Head", "Filter", "Search", "Simulate", "Test")
_SCOPE = re.compile(
    r"(?P<key>[^/\s,=]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request"
)

_UNSIGNED_STS = _SCOPE.fullmatch("-/20270101/us-east-1/sts/aws4_request")


@dataclass(frozen=True)
class AwsRequest:
    service: str  # as it is signed: "s3", "sagemaker"
    region: str
    access_key: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    content_type: str
    target: str  # operation of the JSON protocols: "SageMaker.CreatePipeline"
    body: bytes
    environ: dict[str, Any] = field(repr=False)

    @property
    def operation(self) -> str:
        """The operation's name, or "" where the protocol names it by path (S3, Scheduler)."""
        if self.target:
            return self.target.rpartition(".")[2]
        if self.content_type.startswith("application/x-www-form-urlencoded"):
            actions = parse_qs(self.body.decode("utf-8", "replace")).get("Action", [])
            return actions[0] if actions else ""
        return self.query.get("Action", [""])[0] if self.service in ("iam", "sts") else ""

    def header(self, name: str) -> str | None:
        value = self.environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return None if value is None else str(value)

    @property
    def changes_something(self) -> bool:
        """Whether what is stored may change: reading says so by its name or method."""
        if self.operation:
            return not self.operation.startswith(_READING)
        return self.method not in ("GET", "HEAD")

    def moto_environ(self) -> dict[str, Any]:
        """The WSGI environment for moto, its body whole again."""
        environ = {**self.environ, "wsgi.input": io.BytesIO(self.body)}
        environ["CONTENT_LENGTH"] = str(len(self.body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        # moto would let this header choose the account.
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        if self.service == "sqs":
            # moto makes queue URLs of the address that is asked. They are the ids of queues,
            # so they must not change when the sandbox listens on another port one day.
            environ["HTTP_HOST"] = f"sqs.{self.region}.amazonaws.com"
            environ["wsgi.url_scheme"] = "https"
        return environ


@dataclass(frozen=True)
class AwsResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Later:
    """An answer that takes real time: `finish` is called when the world is unlocked again, and
    what was changed until then is on disk."""

    finish: Callable[[], AwsResponse]


def read_request(environ: dict[str, Any]) -> AwsRequest:
    """Raises AwsError for requests that are not signed as AWS's SDKs sign them."""
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    signed = environ.get("HTTP_AUTHORIZATION") or query.get("X-Amz-Credential", [""])[0]
    scope = _SCOPE.search(signed)
    body = _read_body(environ)
    if not scope and not signed and _needs_no_signature(environ, body):
        scope = _UNSIGNED_STS
    if not scope:
        raise AwsError(
            "MissingAuthenticationToken", "Request is missing Authentication Token", status=403
        )
    return AwsRequest(
        service=scope["service"],
        region=scope["region"],
        access_key="" if scope is _UNSIGNED_STS else scope["key"],
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        query=query,
        content_type=environ.get("CONTENT_TYPE", ""),
        target=environ.get("HTTP_X_AMZ_TARGET", ""),
        body=body,
        environ=environ,
    )


def _needs_no_signature(environ: dict[str, Any], body: bytes) -> bool:
    """Who has an identity token has no key yet."""
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    return form and b"Action=AssumeRoleWithWebIdentity" in body.split(b"&")


def _read_body(environ: dict[str, Any]) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        if int(length) > LARGEST_BODY:
            raise _too_large()
        body: bytes = environ["wsgi.input"].read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = _read_chunks(environ["wsgi.input"])
    else:
        body = b""
    environ[BODY_READ] = True
    return body


def _read_chunks(stream: Any) -> bytes:
    body = b""
    while chunk := stream.read(65536):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _too_large()
    return body


def _too_large() -> AwsError:
    message = f"The sandbox takes requests of up to {LARGEST_BODY} bytes."
    return AwsError("EntityTooLarge", message, status=413)
