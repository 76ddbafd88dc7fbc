"""Which services and operations a Task can call here, and with which parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from provisioning.sandbox.aws.member_names import (
    botocores_operation,
    botocores_service,
    member_of,
    own_names,
)
from provisioning.sandbox.aws.shapes import operation_model, service_model
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.resources import Resource, read_resource

# The integrations that Step Functions optimises, as far as they are simulated: operations and
# the patterns that each has here besides request and response.
OPTIMISED: dict[str, dict[str, tuple[str, ...]]] = {
    "sagemaker": {
        "createTrainingJob": (".sync",),
        "createProcessingJob": (".sync",),
        "createTransformJob": (".sync",),
        "createModel": (),
    },
    "states": {"startExecution": (".sync", ".sync:2")},
    "sqs": {"sendMessage": ()},
    "lambda": {"invoke": ()},
    "events": {"putEvents": ()},
}
_TYPES = {
    "string": "STRING",
    "integer": "INTEGER",
    "long": "LONG",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
}
_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
}
Knows = Callable[[str, str], bool]  # whether the sandbox has an operation of a service


def service_of(resource: Resource) -> str:
    """botocore's name of the service that a resource calls."""
    if not resource.kind:
        return "lambda"
    if resource.kind == "states":
        return "stepfunctions"
    return botocores_service(resource.kind.removeprefix("aws-sdk:"))


def operation_of(resource: Resource) -> str:
    return botocores_operation(resource.operation) or "Invoke"


def not_supported(arn: Any, knows: Knows) -> tuple[str, str]:
    """What is wrong with a Resource in AWS's words, or what only the sandbox does not have."""
    unknown = (
        f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, "
        "or the resource is not available in this region."
    )
    resource = read_resource(arn) if isinstance(arn, str) else None
    if resource is None:
        return unknown, ""
    missing = f"the Step Functions integration {arn}"
    if not resource.kind:
        return "", "" if knows("lambda", "Invoke") else missing
    if not resource.kind.startswith("aws-sdk:"):
        patterns = OPTIMISED.get(resource.kind, {}).get(resource.operation)
        allowed = patterns is not None and resource.pattern in ("", *patterns)
        known = allowed and knows(service_of(resource), operation_of(resource))
        return "", "" if known else missing
    if resource.pattern:
        return "", missing
    operations = _operations(service_of(resource))
    if operation_of(resource) not in operations:
        return unknown, ""
    known = knows(service_of(resource), operation_of(resource))
    return "", "" if known and resource.kind != "aws-sdk:lambda" else missing


@cache
def _operations(service: str) -> frozenset[str]:
    try:
        return frozenset(service_model(service).operation_names)
    except UnknownServiceError:
        return frozenset()


# ── Parameters ──────────────────────────────────────────────────────────────────────


def unknown_parameters(state: Mapping[str, Any]) -> Iterator[str]:
    """Names in a state's Parameters that its operation does not have; "x.$" counts as x."""
    resource = read_resource(str(state["Resource"]))
    if resource is None or not resource.kind or not isinstance(state.get("Parameters"), dict):
        return
    shape = _input_shape(resource)
    for name in state["Parameters"]:
        if member_of(shape, name.removesuffix(".$")) is None:
            yield name


def problems(resource: Resource, arguments: Any) -> list[str]:
    """What keeps a task from being started with these arguments, in AWS's words."""
    if not resource.kind:
        return []
    shape = _input_shape(resource)
    if not isinstance(arguments, dict):
        return ["The value for the field '$' must be a JSON object"]
    return list(_problems(shape, arguments, ""))


def as_input(resource: Resource, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by botocore's names: Step Functions writes all names large."""
    shape = _input_shape(resource)
    found: dict[str, Any] = _with_texts(shape, own_names(shape, arguments))
    return found


def _input_shape(resource: Resource) -> Shape:
    model = operation_model(service_of(resource), operation_of(resource))
    return model.input_shape or StructureShape("Empty", {"type": "structure", "members": {}})


def _problems(shape: Shape, value: Any, field: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        given = {member_of(shape, name) for name in value}
        for name in value:
            if member_of(shape, name) is None:
                yield f'The field "{name}" is not supported by Step Functions'
        for name in shape.required_members:
            if name not in given:
                yield f'The field "{name[:1].upper()}{name[1:]}" is required but was missing'
        for name, inner in value.items():
            if (member := member_of(shape, name)) is not None:
                yield from _problems(shape.members[member], inner, name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for inner in value:
            yield from _problems(shape.member, inner, field)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for name, inner in value.items():
            yield from _problems(shape.value, inner, name)
    elif not _fits(shape, value):
        kind = _TYPES.get(shape.type_name, shape.type_name.upper())
        yield f"The value for the field '{field}' must be a {kind}"


def _fits(shape: Shape, value: Any) -> bool:
    """Of what is no container. An object may stand where text is needed: it is written as JSON."""
    if isinstance(shape, StructureShape | ListShape | MapShape):
        return False
    if shape.name == "Blob":
        return True
    if shape.type_name == "string" and isinstance(value, dict | list):
        return shape.name in ("SensitiveData", "String") or "Input" in shape.name
    wanted = _PYTHON.get(shape.type_name)
    return wanted is None or (
        isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
    )


def _with_texts(shape: Shape, value: Any) -> Any:
    """Objects where the API wants text are written as JSON."""
    if isinstance(shape, StructureShape):
        return {name: _with_texts(shape.members[name], each) for name, each in value.items()}
    if isinstance(shape, ListShape):
        return [_with_texts(shape.member, each) for each in value]
    if shape.type_name == "string" and isinstance(value, dict | list):
        return written(value)
    return value
