"""Walking through plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text inside plain data, with the dotted path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from texts(inner, f"{path}.{position}")
