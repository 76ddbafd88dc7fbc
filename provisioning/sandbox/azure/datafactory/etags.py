"""ETags as Data Factory writes them: a GUID that ends with the time of the change."""

from __future__ import annotations

import secrets


def new_etag(now: float) -> str:
    return f"{secrets.token_hex(4)}-0000-0d00-0000-{int(now):08x}0000"
