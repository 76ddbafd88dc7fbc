"""Conditions on a request: whether what is there is still what the client thinks."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from provisioning.sandbox.azure.storage.records import Blob
from provisioning.sandbox.rest import RestError


def require_met(headers: Mapping[str, str], blob: Blob | None, *, writing: bool) -> None:
    """Raises RestError: 412, or 304 for who only reads what has not changed."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match and (blob is None or match.strip('"') not in ("*", blob.etag)):
        raise _not_met()
    if none_match and blob is not None and none_match.strip('"') in ("*", blob.etag):
        if writing and none_match == "*":
            raise RestError(409, "BlobAlreadyExists", "The specified blob already exists.")
        raise _not_met() if writing else RestError(304, "ConditionNotMet", "")
    if blob is not None:
        _require_times(headers, blob, writing=writing)


def _require_times(headers: Mapping[str, str], blob: Blob, *, writing: bool) -> None:
    since, unless = headers.get("if-modified-since"), headers.get("if-unmodified-since")
    if since and int(blob.modified) <= _seconds(since):
        raise _not_met() if writing else RestError(304, "ConditionNotMet", "")
    if unless and int(blob.modified) > _seconds(unless):
        raise _not_met()


def _seconds(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError as error:
        message = "One of the HTTP headers is not in the correct format."
        raise RestError(400, "InvalidHeaderValue", message) from error


def _not_met() -> RestError:
    message = "The condition specified using HTTP conditional header(s) is not met."
    return RestError(412, "ConditionNotMet", message)
