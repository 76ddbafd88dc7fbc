"""Calls of AWS operations from within the sandbox, such as a state machine makes them.

They take the way of every request, from the protocol's bytes to the service and back, but with
the world locked and as a role's session.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.parsers
import botocore.serialize
from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from moto.core.responses import BaseResponse
from werkzeug.test import EnvironBuilder

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.authorisation import authorise
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.gate import Service
from provisioning.sandbox.aws.misbehaviour import Misbehaviour
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.aws.moto_state import SERVICES
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later, read_request
from provisioning.sandbox.aws.services import JsonService, Place
from provisioning.sandbox.aws.shapes import operation_model, service_model


class ApiCalls:
    """`services` may still be filled when this is made."""

    def __init__(
        self, *, services: Mapping[str, Service], moto: MotoApp, misbehaviour: Misbehaviour
    ) -> None:
        self._services = services
        self._moto = moto
        self._misbehaviour = misbehaviour

    def knows(self, service: str, operation: str) -> bool:
        """Whether the sandbox has the operation, by botocore's names."""
        signing = service_model(service).signing_name
        if (service, operation) == ("lambda", "Invoke"):
            return signing in self._services
        own = self._services.get(signing)
        if isinstance(own, JsonService) and operation in own.operations:
            return True
        return signing in SERVICES and xform_name(operation) in _of_moto(signing)

    def call(
        self,
        service: str,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        place: Place,
        caller: Caller,
    ) -> dict[str, Any]:
        """The operation's output, by botocore's names of service and members; raises AwsError."""
        answer = self.begin(service, operation, arguments, place=place, caller=caller)
        assert not callable(answer), f"{service} {operation} takes real time"
        return answer

    def begin(
        self,
        service: str,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        place: Place,
        caller: Caller,
    ) -> dict[str, Any] | Callable[[], dict[str, Any]]:
        """The same for an operation that may take real time: then what is left to do is given
        back, to be done with the world unlocked."""
        model = operation_model(service, operation)
        request = _request(model, arguments, place)
        authorise(request, caller)
        self._misbehaviour.refuse(request.service, operation)
        own = self._services.get(request.service)
        response = own.answer(request, caller) if own else None
        response = response or self._moto.answer(request, caller)
        if isinstance(response, Later):
            finish = response.finish
            return lambda: _read(model, finish())
        return _read(model, response)


@cache
def _of_moto(service: str) -> frozenset[str]:
    """The operations that moto answers, by the names of their methods."""
    module = importlib.import_module(f"moto.{service}.responses")
    classes = (
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseResponse) and each.__module__ == module.__name__
    )
    return frozenset(name for each in classes for name in vars(each) if not name.startswith("_"))


def _request(model: OperationModel, arguments: Mapping[str, Any], place: Place) -> AwsRequest:
    made = _serializer(model).serialize_to_request(dict(arguments), model)
    signing = model.service_model.signing_name
    scope = f"AKIA{place.account}CALL/20270101/{place.region}/{signing}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    body = made["body"]
    builder = EnvironBuilder(
        path=made["url_path"],
        method=made["method"],
        query_string=made["query_string"],
        headers=[*made["headers"].items(), ("Authorization", signed)],
        data=body.encode() if isinstance(body, str) else body or b"",
        base_url="http://127.0.0.1",
    )
    return read_request(builder.get_environ())


def _read(model: OperationModel, response: AwsResponse) -> dict[str, Any]:
    found: dict[str, Any] = _parser(model).parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(dict(response.headers)),
            "body": response.body,
        },
        model.output_shape,
    )
    if response.status >= 300:
        error = found.get("Error", {})
        raise AwsError(
            str(error.get("Code", "Unknown")),
            str(error.get("Message", "")),
            status=response.status,
        )
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def _serializer(model: OperationModel) -> Any:
    return _made_serializer(model.service_model.protocol)


def _parser(model: OperationModel) -> Any:
    return _made_parser(model.service_model.protocol)


@cache
def _made_serializer(protocol: str) -> Any:
    return botocore.serialize.create_serializer(protocol, include_validation=False)


@cache
def _made_parser(protocol: str) -> Any:
    return botocore.parsers.create_parser(protocol)
