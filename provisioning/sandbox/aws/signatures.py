"""Signature Version 4: what a request says of its signature, and whether the signature is right.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
moto's own check is wrong for requests without a body, so it is not used.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from provisioning.sandbox.aws.requests import AwsRequest

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"

_MOMENT = re.compile(r"\d{8}T\d{6}Z")
_HEX = re.compile(r"[0-9a-f]{64}")
_CREDENTIAL, _SIGNED_HEADERS, _SIGNATURE = "Credential", "SignedHeaders", "Signature"
_IN_QUERY = {
    _CREDENTIAL: "X-Amz-Credential",
    _SIGNED_HEADERS: "X-Amz-SignedHeaders",
    _SIGNATURE: "X-Amz-Signature",
}
# WSGI keeps these two apart from the other headers.
_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Incomplete(Exception):
    """What the request lacks to be checked at all, in AWS's words."""


@dataclass(frozen=True)
class Signature:
    date: str  # of the scope, "20270301"
    moment: str  # "20270301T120000Z"
    headers: tuple[str, ...]
    signature: str
    token: str | None
    presigned_seconds: int | None  # how long a presigned address is good for

    @property
    def signed_at(self) -> float:
        return datetime.strptime(self.moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def read_signature(request: AwsRequest) -> Signature:
    """Raises Incomplete."""
    presigned = "X-Amz-Signature" in request.query and not request.header("Authorization")
    fields = _query_fields(request) if presigned else _header_fields(request)
    moment = _in_query(request, "X-Amz-Date") if presigned else request.header("X-Amz-Date")
    missing = [name for name in (_CREDENTIAL, _SIGNATURE, _SIGNED_HEADERS) if not fields.get(name)]
    if missing:
        raise Incomplete(
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        )
    if not moment or not _MOMENT.fullmatch(moment):
        raise Incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    seconds = _in_query(request, "X-Amz-Expires") if presigned else ""
    return Signature(
        date=fields[_CREDENTIAL].split("/")[1],
        moment=moment,
        headers=tuple(fields[_SIGNED_HEADERS].lower().split(";")),
        signature=fields[_SIGNATURE],
        token=(
            _in_query(request, "X-Amz-Security-Token") or None
            if presigned
            else request.header("X-Amz-Security-Token")
        ),
        presigned_seconds=(int(seconds) if seconds.isdigit() else 0) if presigned else None,
    )


def is_right(request: AwsRequest, given: Signature, *, secret: str) -> bool:
    """Whether the signature was made of this request with this secret."""
    scope = f"{given.date}/{request.region}/{request.service}/aws4_request"
    hashed = hashlib.sha256(_canonical(request, given).encode("utf-8", "replace")).hexdigest()
    text = f"{ALGORITHM}\n{given.moment}\n{scope}\n{hashed}"
    key = _signing_key(secret, given.date, request.region, request.service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given.signature.encode("utf-8", "replace"))


def body_is_other(request: AwsRequest) -> bool:
    """Whether S3's header for the body's hash names another hash than the body has."""
    named = request.header("X-Amz-Content-Sha256") or ""
    return bool(_HEX.fullmatch(named)) and named != hashlib.sha256(request.body).hexdigest()


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _header_fields(request: AwsRequest) -> dict[str, str]:
    _, _, rest = (request.header("Authorization") or "").partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {name: value for name, _, value in pairs}


def _query_fields(request: AwsRequest) -> dict[str, str]:
    return {name: _in_query(request, wire) for name, wire in _IN_QUERY.items()}


def _in_query(request: AwsRequest, name: str) -> str:
    return request.query.get(name, [""])[0]


def _canonical(request: AwsRequest, given: Signature) -> str:
    path, _, query = _raw_target(request.environ).partition("?")
    headers = "".join(f"{name}:{_header(request.environ, name)}\n" for name in given.headers)
    return "\n".join(
        (
            request.method,
            _canonical_path(path, request.service),
            _canonical_query(query),
            headers,
            ";".join(given.headers),
            _payload(request, given),
        )
    )


def _raw_target(environ: dict[str, Any]) -> str:
    """The path and query as they were sent, not yet decoded."""
    return str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "/")


def _canonical_path(raw: str, service: str) -> str:
    """Every service but S3 wants the path normalised, and encoded once more: a slash within a
    name, %2F, is not one between names."""
    if service == "s3":
        return quote(raw, safe="/-_.~%") or "/"
    parts: list[str] = []
    for part in raw.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    ends = "/" if parts and raw.endswith("/") else ""
    return quote(f"/{'/'.join(parts)}{ends}", safe="/-_.~")


def _canonical_query(raw: str) -> str:
    pairs = (part.partition("=") for part in raw.split("&") if part)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


def _header(environ: dict[str, Any], name: str) -> str:
    wsgi = _UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
    return " ".join(str(environ.get(wsgi, "")).split())


def _payload(request: AwsRequest, given: Signature) -> str:
    named = request.header("X-Amz-Content-Sha256")
    if named:
        return named
    if given.presigned_seconds is not None and request.service == "s3":
        return UNSIGNED
    return hashlib.sha256(request.body).hexdigest()
