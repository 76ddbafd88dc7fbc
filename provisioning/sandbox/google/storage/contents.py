"""What is in objects: bytes in the store, and their checksums."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import google_crc32c

from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.store import Store

_KIND = "google content"


class Contents:
    """They are read when they are asked for, not kept in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        self._store.put(_KIND, key, data)

    def get(self, key: str) -> bytes:
        return self._store.get(_KIND, key) or b""

    def delete(self, key: str) -> None:
        self._store.delete(_KIND, key)


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def crc32c(data: bytes) -> str:
    return base64.b64encode(google_crc32c.value(data).to_bytes(4)).decode()


def require_intact(data: bytes, claimed: dict[str, Any], header: str) -> None:
    """What arrived is what was sent, by the checksums that came along: in the metadata, or in
    X-Goog-Hash."""
    hashes = dict(one.strip().partition("=")[::2] for one in header.split(",") if "=" in one)
    for name, found, given in (
        ("CRC32C", crc32c(data), claimed.get("crc32c") or hashes.get("crc32c")),
        ("MD5 hash", md5(data), claimed.get("md5Hash") or hashes.get("md5")),
    ):
        if given and given != found:
            message = f'Provided {name} "{given}" doesn\'t match calculated {name} "{found}".'
            raise refusal("invalid", message)
