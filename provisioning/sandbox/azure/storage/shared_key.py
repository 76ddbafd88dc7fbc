"""Requests that are signed with an account's key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.rest import RestError, RestRequest

_SIGNED = ("content-encoding", "content-language", "content-length", "content-md5",
           "content-type", "date", "if-modified-since", "if-match", "if-none-match",
           "if-unmodified-since", "range")  # fmt: skip


def require_key(request: RestRequest, account: Resource, credential: str) -> None:
    """Raises RestError for a signature with another key."""
    if account.properties.get("allowSharedKeyAccess") is False:
        message = "Key based authentication is not permitted on this storage account."
        raise RestError(403, "KeyBasedAuthenticationNotPermitted", message)
    name, _, signature = credential.rpartition(":")
    # A client that was given no name takes the address' path for it.
    known = name in (account.name, f"blob/{account.name}")
    for key in account.secrets.values() if known else ():
        for text in _texts_to_sign(request, name):
            digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
            if hmac.compare_digest(base64.b64encode(digest).decode(), signature):
                return
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header "
        "is formed correctly including the signature."
    )
    raise RestError(403, "AuthenticationFailed", message)


def _texts_to_sign(request: RestRequest, name: str) -> Iterator[str]:
    """Clients differ in whether they sign the range, which they send as x-ms-range."""
    headers = dict(request.headers)
    if headers.get("content-length") == "0":
        headers["content-length"] = ""
    path, _, query = request.target.partition("?")
    pairs = sorted((key.lower(), value) for key, value in parse_qsl(query, keep_blank_values=True))
    resource = f"/{name}{path}" + "".join(f"\n{key}:{unquote(value)}" for key, value in pairs)
    own = {key: value for key, value in headers.items() if key.startswith("x-ms-")}
    # The service compares names without their hyphens first.
    ordered = sorted(own, key=lambda key: (key.replace("-", ""), key))
    canonical = "".join(f"{key}:{own[key]}\n" for key in ordered)
    for signed in (_SIGNED, tuple("" if each == "range" else each for each in _SIGNED)):
        lines = "\n".join([request.method, *(headers.get(each, "") for each in signed)])
        yield f"{lines}\n{canonical}{resource}"
