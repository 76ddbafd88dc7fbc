"""AWS's own description of its operations: checks what comes in, shapes what goes out.

botocore carries the service models. The words of the checks are those that AWS's
services answer with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from provisioning.sandbox.aws.errors import AwsError, validation


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


def check_input(shape: StructureShape, value: Mapping[str, Any]) -> None:
    """Raise ValidationException for everything that the model forbids."""
    problems = list(_problems(shape, value, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise validation(count + "; ".join(problems))


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(shape, _expect(dict, value, path), path)
    elif isinstance(shape, ListShape):
        items = _expect(list, value, path)
        yield from _size(shape, items, path)
        for number, item in enumerate(items, start=1):
            yield from _problems(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        entries = _expect(dict, value, path)
        yield from _size(shape, entries, path)
        for key, item in entries.items():
            yield from _problems(shape.value, item, f"{path}.{key}.member")
    elif shape.type_name == "string":
        yield from _string(shape, _expect(str, value, path), path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _number(shape, _expect((int, float), value, path), path)


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed("null", _join(path, name), "not be null", quoted=False)
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _problems(member, value[name], _join(path, name))


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _size(shape, value, path)
    values = shape.metadata.get("enum")
    if values and value not in values:
        yield _failed(value, path, f"satisfy enum value set: [{', '.join(values)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _failed(value, path, f"satisfy regular expression pattern: {pattern}")


def _size(shape: Shape, value: str | list[Any] | dict[str, Any], path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _failed(value, path, f"have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _failed(value, path, f"have length less than or equal to {most}")


def _number(shape: Shape, value: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _failed(value, path, f"have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _failed(value, path, f"have value less than or equal to {most}")


def _failed(value: Any, path: str, rule: str, *, quoted: bool = True) -> str:
    shown = f"'{value}'" if quoted else value
    return f"Value {shown} at '{path}' failed to satisfy constraint: Member must {rule}"


def _join(path: str, name: str) -> str:
    # The services name members in camel case, whatever the protocol does.
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _expect(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, kind) or (kind is not str and isinstance(value, bool)):
        raise AwsError("SerializationException", f"Unexpected value for '{path}'.")
    return value


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None  # a construct that only Java knows


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


def shape_output(shape: Shape | None, value: Any) -> Any:
    """`value` as the JSON protocols write it: only known members, no nulls.

    Times are seconds since the epoch throughout the sandbox, as they are on the wire.
    """
    if isinstance(shape, StructureShape):
        return {
            name: shape_output(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [shape_output(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: shape_output(shape.value, item) for key, item in value.items()}
    return value
