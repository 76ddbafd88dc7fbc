"""Rows of blobs: delimited text and JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

Row = dict[str, Any]
TABLES = ("DelimitedText", "Json")


def read_rows(kind: str, given: dict[str, Any], data: bytes) -> list[Row]:
    """Raises ValueError for what is no such table."""
    text = data.decode(str(given.get("encodingName") or "utf-8"), "replace").lstrip("\ufeff")
    return _json_rows(text) if kind == "Json" else _delimited_rows(given, text)


def write_rows(kind: str, given: dict[str, Any], rows: list[Row]) -> bytes:
    if kind == "Json":
        return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_delimiter(given), lineterminator="\n")
    if given.get("firstRowAsHeader"):
        writer.writerow(names)
    writer.writerows([[row.get(name) for name in names] for row in rows])
    return written.getvalue().encode()


def _json_rows(text: str) -> list[Row]:
    """One document, a list of them, or one a line."""
    try:
        found = json.loads(text)
    except ValueError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("its rows are no records")
    return rows


def _delimited_rows(given: dict[str, Any], text: str) -> list[Row]:
    lines = list(csv.reader(io.StringIO(text), delimiter=_delimiter(given)))
    lines = [line for line in lines if line]
    if given.get("firstRowAsHeader"):
        names, lines = (lines[0], lines[1:]) if lines else ([], [])
    else:
        width = max((len(line) for line in lines), default=0)
        names = [f"Prop_{number}" for number in range(width)]
    return [dict(zip(names, line, strict=False)) for line in lines]


def _delimiter(given: dict[str, Any]) -> str:
    mark = str(given.get("columnDelimiter") or ",")
    return mark if len(mark) == 1 else ","
