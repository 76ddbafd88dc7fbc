"""Settings that deploy as they are on the sandbox, and on Azure.

A file that lands in the container is put into the archive, region after region is prepared, and
what is worth it is trained. A run without a file of its own archives nothing.
"""

from __future__ import annotations

from typing import Any


def example() -> dict[str, Any]:
    return {
        "source": "activities",
        "parameters": [
            {"name": "file", "type": "String", "filled_with": "FileName"},
            {"name": "folder", "type": "String", "filled_with": "Folder"},
            {"name": "regions", "type": "Array", "default": '["north", "south"]'},
        ],
        "activities": [_archive(), _regions(), _train()],
        "concurrency": 20,
    }


def _archive() -> dict[str, Any]:
    return {
        "kind": "if",
        "name": "a file came",
        "condition": "@not(empty(pipeline().parameters.file))",
        "then": [
            {
                "kind": "copy",
                "name": "archive",
                "source": {"kind": "triggered"},
                "sink": {
                    "kind": "own",
                    "folder": "archive/@{formatDateTime(utcNow(), 'yyyy-MM-dd')}",
                    "file": "@pipeline().parameters.file",
                },
                "policy": {"retry": 1},
            }
        ],
    }


def _regions() -> dict[str, Any]:
    return {
        "kind": "for_each",
        "name": "regions",
        "items": "@pipeline().parameters.regions",
        "activities": [{"kind": "wait", "name": "prepare", "seconds": 1}],
        "depends_on": [{"activity": "a file came"}],
    }


def _train() -> dict[str, Any]:
    return {
        "kind": "wait",
        "name": "train",
        "seconds": 3,
        "depends_on": [{"activity": "regions"}],
    }
