"""Property values between the engine's wire form and plain Python.

Secrets are unwrapped when read and remembered as paths, so that handlers work with plain
values; the same paths mark what goes back. The engine is promised (`acceptSecrets`) that
nothing secret comes back bare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a wire signature)
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Step = str | int
Path = tuple[Step, ...]
Properties = dict[str, Any]


class Unknown:
    """A value that only the deployment itself will show; there is one, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def has_unknown(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return is_unknown(value)


def read(struct: struct_pb2.Struct) -> tuple[Properties, set[Path]]:
    """The plain values, and the paths of those that are secret. Nulls count as absent."""
    secrets: set[Path] = set()
    values = {key: _plain(value, (key,), secrets) for key, value in struct.fields.items()}
    return {key: value for key, value in values.items() if value is not None}, secrets


def _plain(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain_struct(value.struct_value, path, secrets)
    if kind == "list_value":
        items = value.list_value.values
        return [_plain(item, (*path, index), secrets) for index, item in enumerate(items)]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _plain_struct(struct: struct_pb2.Struct, path: Path, secrets: set[Path]) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature in (SECRET, OUTPUT):
        if signature == SECRET or struct.fields["secret"].bool_value:
            secrets.add(path)
        return _plain(struct.fields["value"], path, secrets) if "value" in struct else UNKNOWN
    if signature == RESOURCE:
        return _plain(struct.fields["id"], path, secrets) if "id" in struct else UNKNOWN
    values = {key: _plain(item, (*path, key), secrets) for key, item in struct.fields.items()}
    return {key: value for key, value in values.items() if value is not None}


def write(values: Mapping[str, Any], secrets: Iterable[Path] = ()) -> struct_pb2.Struct:
    """The wire form; each secret path is marked, or the nearest part of it that is there."""
    marked = {present for path in secrets if (present := _present(values, path))}
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            struct.fields[key].CopyFrom(_wire(value, (key,), marked))
    return struct


def _present(values: Any, path: Path) -> Path:
    for depth, step in enumerate(path):
        if not _has(values, step):
            return path[:depth]
        values = values[step]
    return path


def _has(values: Any, step: Step) -> bool:
    if isinstance(values, list):
        return isinstance(step, int) and step < len(values)
    return isinstance(values, Mapping) and step in values


def _wire(value: Any, path: Path, marked: set[Path]) -> struct_pb2.Value:
    wire = struct_pb2.Value()
    if path in marked:
        wire.struct_value.fields[SIGNATURE].string_value = SECRET
        wire.struct_value.fields["value"].CopyFrom(_wire(value, path, marked - {path}))
    elif isinstance(value, Mapping):
        wire.struct_value.SetInParent()
        for key, item in value.items():
            wire.struct_value.fields[key].CopyFrom(_wire(item, (*path, key), marked))
    elif isinstance(value, (list, tuple)):
        wire.list_value.SetInParent()
        wire.list_value.values.extend(
            _wire(item, (*path, index), marked) for index, item in enumerate(value)
        )
    else:
        _set_scalar(wire, value)
    return wire


def _set_scalar(wire: struct_pb2.Value, value: Any) -> None:
    if value is None:
        wire.null_value = struct_pb2.NULL_VALUE
    elif is_unknown(value):
        wire.string_value = UNKNOWN_TEXT
    elif isinstance(value, bool):
        wire.bool_value = value
    elif isinstance(value, (int, float)):
        wire.number_value = value
    else:
        wire.string_value = str(value)
