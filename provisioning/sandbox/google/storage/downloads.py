"""The content of an object, or a range of it."""

from __future__ import annotations

import re

from provisioning.sandbox.google.storage.records import StoredObject
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.rest import RestRequest, RestResponse

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def media(request: RestRequest, stored: StoredObject, data: bytes) -> RestResponse:
    hashes = f"crc32c={stored.crc32c}" + (f",md5={stored.md5}" if stored.md5 else "")
    headers = {
        "Content-Type": stored.content_type,
        "X-Goog-Hash": hashes,
        "X-Goog-Generation": str(stored.generation),
        "X-Goog-Metageneration": str(stored.metageneration),
        "X-Goog-Stored-Content-Length": str(stored.size),
        "X-Goog-Stored-Content-Encoding": stored.fields.get("contentEncoding", "identity"),
        "X-Goog-Storage-Class": "STANDARD",
        "Accept-Ranges": "bytes",
        **_optional(stored),
    }
    span = _span(request.headers.get("range", ""), len(data))
    if span is None:
        return RestResponse(body=data, headers=headers)
    first, last = span
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return RestResponse(206, data[first : last + 1], headers)


def _optional(stored: StoredObject) -> dict[str, str]:
    names = {
        "contentEncoding": "Content-Encoding",
        "contentDisposition": "Content-Disposition",
        "contentLanguage": "Content-Language",
        "cacheControl": "Cache-Control",
    }
    return {header: stored.fields[name] for name, header in names.items() if name in stored.fields}


def _span(header: str, size: int) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    else:
        first, last = max(0, size - int(match[2])), size - 1
    if first >= size or first > last:
        raise refusal("requestedRangeNotSatisfiable", "Request range not satisfiable")
    return first, last
