"""Our own services: operations as plain functions over checked input."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.answers import json_response
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.operations import match_path, operation_name
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.shapes import (
    check_input,
    operation_model,
    shape_output,
)


@dataclass(frozen=True)
class Place:
    """Where things are kept: an account and a region of it."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Call:
    """One call of an operation. `given` holds its members by AWS's names."""

    operation: str
    place: Place
    caller: Caller
    given: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.given[name]

    def get(self, name: str, default: Any = None) -> Any:
        value = self.given.get(name)
        return default if value is None else value


Operation = Callable[[Call], Mapping[str, Any] | None]


class JsonService:
    """Answers the operations it knows of one service; None leaves a request to moto."""

    def __init__(self, service: str, operations: Mapping[str, Operation]) -> None:
        self._service = service
        self._operations = operations

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self._operations)

    def operation_of(self, request: AwsRequest) -> tuple[str, dict[str, Any]] | None:
        """The operation and its input, or None when the request names none."""
        return (request.operation, json_body(request)) if request.operation else None

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        found = self.operation_of(request)
        if not found or found[0] not in self._operations:
            return None
        name, given = found
        model = operation_model(self._service, name)
        if model.input_shape:
            check_input(model.input_shape, given)
        place = Place(account=caller.account, region=request.region)
        call = Call(operation=name, place=place, caller=caller, given=given)
        result = self._operations[name](call)
        status = int(model.http.get("responseCode", 200))
        if status == 204:
            return json_response(None, status=status)
        return json_response(shape_output(model.output_shape, result or {}), status=status)


class RestService(JsonService):
    """The same for services whose operations are paths (REST-JSON)."""

    def operation_of(self, request: AwsRequest) -> tuple[str, dict[str, Any]] | None:
        return rest_operation(self._service, request)


def rest_operation(service: str, request: AwsRequest) -> tuple[str, dict[str, Any]] | None:
    """The operation that a path and a method name, and its input."""
    name = operation_name(request)
    if not name:
        return None
    model = operation_model(service, name)
    found = match_path(model.http["requestUri"].partition("?")[0], request.path)
    return name, _rest_input(model, request, found or {})


def json_body(request: AwsRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise AwsError(
            "SerializationException", "Start of structure or map found where not expected."
        )
    return body


def _rest_input(
    model: OperationModel, request: AwsRequest, labels: Mapping[str, str]
) -> dict[str, Any]:
    payload = model.input_shape.serialization.get("payload")  # a body that is no JSON of ours
    given = {} if payload else json_body(request)
    for name, member in model.input_shape.members.items():
        location = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if location == "uri" and wire in labels:
            given[name] = labels[wire]
        elif location == "querystring" and wire in request.query:
            values = request.query[wire]
            given[name] = _from_query(member.type_name, values)
        elif location == "header" and (value := request.header(wire)) is not None:
            given[name] = value
    return given


def _from_query(kind: str, values: list[str]) -> Any:
    if kind == "list":
        return values
    if kind == "integer":
        if not values[0].lstrip("-").isdigit():
            raise AwsError("SerializationException", f"'{values[0]}' is not a number.")
        return int(values[0])
    return values[0]
