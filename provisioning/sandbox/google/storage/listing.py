"""Lists of objects: by prefix, with a delimiter in folders, between two names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.lists import cut
from provisioning.sandbox.google.storage.records import StoredObject

_PAGE = 1000


def listed(
    call: Call, objects: Iterable[StoredObject], show: Callable[[StoredObject], dict[str, Any]]
) -> dict[str, Any]:
    """Objects and folders share the pages, in the order of their names."""
    rows: dict[str, StoredObject | str] = {}
    for stored in objects:
        if _wanted(call, stored.name):
            folder = _folder(call, stored.name)
            rows[folder or stored.key] = folder or stored
            if folder and call.flag("includeTrailingDelimiter") and stored.name == folder:
                rows[stored.key] = stored
    size = max(1, min(call.number("maxResults", _PAGE), _PAGE))
    found, token = cut(rows.values(), size=size, token=call["pageToken"])
    items = [show(one) for one in found if isinstance(one, StoredObject)]
    folders = [one for one in found if isinstance(one, str)]
    return {
        "kind": "storage#objects",
        **({"items": items} if items else {}),
        **({"prefixes": folders} if folders else {}),
        **({"nextPageToken": token} if token else {}),
    }


def _wanted(call: Call, name: str) -> bool:
    start, end, glob = call["startOffset"], call["endOffset"], call["matchGlob"]
    if not name.startswith(call["prefix"]) or name < start or (end and name >= end):
        return False
    return not glob or bool(re.fullmatch(_pattern(glob), name))


def _folder(call: Call, name: str) -> str:
    prefix, delimiter = call["prefix"], call["delimiter"]
    if not delimiter:
        return ""
    head, found, _ = name[len(prefix) :].partition(delimiter)
    return f"{prefix}{head}{found}" if found else ""


def _pattern(glob: str) -> str:
    """`*` stays within a folder, `**` does not; `{a,b}` is one of them."""
    pieces = re.split(r"(\*\*|\*|\?|\{[^}]*\}|\[[^\]]*\])", glob)
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    fixed = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    if piece in fixed:
        return fixed[piece]
    if piece.startswith("{"):
        return f"(?:{'|'.join(map(_pattern, piece[1:-1].split(',')))})"
    return piece if piece.startswith("[") else re.escape(piece)
