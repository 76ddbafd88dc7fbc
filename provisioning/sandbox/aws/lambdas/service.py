"""Lambda: its operations, and Invoke, which takes real time."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.destinations import Destinations
from provisioning.sandbox.aws.lambdas.environment import Result
from provisioning.sandbox.aws.lambdas.environments import Environments
from provisioning.sandbox.aws.lambdas.functions import Functions
from provisioning.sandbox.aws.lambdas.functions_api import FunctionsApi
from provisioning.sandbox.aws.lambdas.invocations import Invocations
from provisioning.sandbox.aws.lambdas.permissions_api import PermissionsApi
from provisioning.sandbox.aws.lambdas.records import LATEST, Function
from provisioning.sandbox.aws.lambdas.running import Running
from provisioning.sandbox.aws.lambdas.settings_api import SettingsApi
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.services import Place, RestService, rest_operation
from provisioning.sandbox.aws.world import World

LARGEST_SYNCHRONOUS = 6_291_456
LARGEST_ASYNCHRONOUS = 1_048_576
_SHOWN_OF_LOG = 4096


class Lambda(RestService):
    def __init__(self, world: World) -> None:
        self._world = world
        self.functions = Functions(world)
        self._environments = Environments(world, self.functions)
        self._running = Running(world, self._environments)
        self.destinations = Destinations(world)
        self.destinations.others["lambda"] = self._as_destination
        self.invocations = Invocations(world, self.functions, self._running, self.destinations)
        self._invoking: dict[str, int] = {}  # synchronous ones under way, by function
        super().__init__(
            "lambda",
            {
                **FunctionsApi(world, self.functions, self._environments).operations(),
                **PermissionsApi(self.functions).operations(),
                **SettingsApi(world, self.functions).operations(),
            },
        )

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        found = rest_operation("lambda", request)
        if found and found[0] == "Invoke":
            place = Place(account=caller.account, region=request.region)
            return self._invoke(place, found[1], request.body)
        response = super().answer(request, caller)
        if response is None:
            raise not_simulated(f"lambda {found[0] if found else request.path}")
        return response

    def call(self, function: Function, event: str) -> Result:
        """Invoke now and wait for the answer; call it with the world unlocked."""
        with self._world.simulation.standing_still():
            copied = function.model_copy(deep=True)
            return self._running.run(copied, id=str(uuid.uuid4()), event=event)

    def _invoke(self, place: Place, given: Mapping[str, Any], body: bytes) -> AwsResponse | Later:
        name, qualifier = given["FunctionName"], given.get("Qualifier")
        function = self.functions.find(place, f"{name}:{qualifier}" if qualifier else name)
        kind = given.get("InvocationType", "RequestResponse")
        event = _event(body, synchronous=kind != "Event")
        if kind == "DryRun":
            return AwsResponse(status=204, headers=(), body=b"")
        if kind == "Event":
            self.invocations.accept(function, event, source=f"Invoke of {function.name}")
            return AwsResponse(status=202, headers=(), body=b"")
        if kind != "RequestResponse":
            raise AwsError("InvalidParameterValueException", f"Unknown type {kind}.")
        self._require_room(function)
        with_log = given.get("LogType") == "Tail"
        return Later(lambda: self._finish(function, event, with_log=with_log))

    def _finish(self, function: Function, event: str, *, with_log: bool) -> AwsResponse:
        self._invoking[function.key] = self._invoking.get(function.key, 0) + 1
        try:
            result = self.call(function, event)
        finally:
            self._invoking[function.key] -= 1
        self._world.store.commit()
        headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", LATEST)]
        if result.error:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        if with_log:
            tail = "\n".join(result.log).encode()[-_SHOWN_OF_LOG:]
            headers.append(("X-Amz-Log-Result", base64.b64encode(tail).decode()))
        return AwsResponse(status=200, headers=tuple(headers), body=result.payload.encode())

    def _require_room(self, function: Function) -> None:
        reserved = function.concurrency
        if reserved is not None and self._invoking.get(function.key, 0) >= reserved:
            raise AwsError(
                "TooManyRequestsException",
                "Rate Exceeded.",
                status=429,
            )

    def _as_destination(self, arn: str, record: dict[str, Any]) -> None:
        function = self.functions.by_arn(arn)
        if function is None:
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
        self.invocations.accept(function, json.dumps(record), source="a Lambda destination")


def _event(body: bytes, *, synchronous: bool) -> str:
    """The payload, which has to be JSON; nothing at all is an empty event."""
    most = LARGEST_SYNCHRONOUS if synchronous else LARGEST_ASYNCHRONOUS
    if len(body) > most:
        raise AwsError(
            "RequestTooLargeException",
            f"Request must be smaller than {most} bytes for the InvokeFunction operation",
            status=413,
        )
    text = body.decode("utf-8", "replace") or "{}"
    try:
        json.loads(text)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from error
    return text
