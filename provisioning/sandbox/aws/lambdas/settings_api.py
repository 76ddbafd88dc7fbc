"""The operations on how a function is invoked: retries and destinations, and how many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.checks import invalid
from provisioning.sandbox.aws.lambdas.functions import Functions
from provisioning.sandbox.aws.lambdas.functions_api import qualified_name
from provisioning.sandbox.aws.lambdas.records import LATEST, Function
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]

_CONFIG = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
# What the function's role has to be allowed, by the service of the destination.
DESTINATION_ACTIONS = {
    "sqs": "sqs:SendMessage",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}
_ACCOUNT_CONCURRENCY = 1000
_KEPT_UNRESERVED = 100


class SettingsApi:
    def __init__(self, world: World, functions: Functions) -> None:
        self._clock = world.clock
        self._functions = functions

    def operations(self) -> dict[str, Operation]:
        return {
            "PutFunctionEventInvokeConfig": self.put,
            "UpdateFunctionEventInvokeConfig": self.update,
            "GetFunctionEventInvokeConfig": self.get,
            "DeleteFunctionEventInvokeConfig": self.delete,
            "ListFunctionEventInvokeConfigs": self.list,
            "PutFunctionConcurrency": self.reserve,
            "GetFunctionConcurrency": self.reserved,
            "DeleteFunctionConcurrency": self.release,
        }

    def put(self, call: Call) -> Answer:
        return self._set(call, {})

    def update(self, call: Call) -> Answer:
        return self._set(call, self._config(call))

    def get(self, call: Call) -> Answer:
        self._config(call)
        return _described(self._find(call))

    def delete(self, call: Call) -> None:
        self._config(call)
        function = self._find(call)
        function.event_config, function.event_config_modified = None, None
        self._functions.table.put(function)

    def list(self, call: Call) -> Answer:
        function = self._find(call)
        known = function.event_config is not None
        return {"FunctionEventInvokeConfigs": [_described(function)] if known else []}

    def reserve(self, call: Call) -> Answer:
        function, wanted = self._find(call), int(call["ReservedConcurrentExecutions"])
        others = sum(
            each.concurrency or 0
            for each in self._functions.table
            if each.place == function.place and each.key != function.key
        )
        if _ACCOUNT_CONCURRENCY - others - wanted < _KEPT_UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of "
                f"[{_KEPT_UNRESERVED}]."
            )
        function.concurrency = wanted
        self._functions.table.put(function)
        return {"ReservedConcurrentExecutions": wanted}

    def reserved(self, call: Call) -> Answer:
        return {"ReservedConcurrentExecutions": self._find(call).concurrency}

    def release(self, call: Call) -> None:
        function = self._find(call)
        function.concurrency = None
        self._functions.table.put(function)

    def _find(self, call: Call) -> Function:
        return self._functions.find(call.place, qualified_name(call))

    def _config(self, call: Call) -> dict[str, Any]:
        function = self._find(call)
        if function.event_config is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"The function {function.arn}:{LATEST} doesn't have an EventInvokeConfig",
                status=404,
            )
        return function.event_config

    def _set(self, call: Call, before: Mapping[str, Any]) -> Answer:
        function = self._find(call)
        given = {name: call[name] for name in _CONFIG if call.get(name) is not None}
        _check_destinations(function, given.get("DestinationConfig", {}))
        function.event_config = {**before, **given}
        function.event_config_modified = self._clock.now()
        self._functions.table.put(function)
        return _described(function)


def _described(function: Function) -> dict[str, Any]:
    return {
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        **(function.event_config or {}),
        "FunctionArn": f"{function.arn}:{LATEST}",
        "LastModified": function.event_config_modified,
    }


def _check_destinations(function: Function, config: Mapping[str, Any]) -> None:
    session = Session(role_arn=function.role, session_name="check")
    for outcome in ("OnSuccess", "OnFailure"):
        arn = (config.get(outcome) or {}).get("Destination")
        if not arn:
            continue
        service = arn.split(":")[2]
        if service not in DESTINATION_ACTIONS:
            raise not_simulated(f"the destination {arn}")
        action = DESTINATION_ACTIONS[service]
        if not session.allows(action, arn):
            raise invalid(
                f"The function's execution role doesn't have permissions to call "
                f"{action.partition(':')[2]} on {arn}"
            )
