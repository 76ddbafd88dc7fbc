"""EventBridge Scheduler's universal targets: any operation that changes something.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json

from provisioning.sandbox.aws.calls import ApiCalls
from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.member_names import (
    botocores_operation,
    botocores_service,
    own_names,
)
from provisioning.sandbox.aws.shapes import operation_model
from provisioning.sandbox.aws.targets.room import TargetCall, kind_of

_READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select",
            "read", "lookup", "discover", "validate", "batchGet")  # fmt: skip


class Universal:
    def __init__(self, api: ApiCalls) -> None:
        self._api = api

    def knows(self, kind: str) -> bool:
        """Of "aws-sdk:sqs:sendMessage". A function's answer would have to be waited for."""
        _, service, operation = kind.split(":")
        called = botocores_service(service), botocores_operation(operation)
        return (
            called != ("lambda", "Invoke")
            and not operation.startswith(_READING)
            and self._api.knows(*called)
        )

    def call(self, wanted: TargetCall) -> None:
        _, sdk, operation = kind_of(wanted.arn).split(":")
        service, name = botocores_service(sdk), botocores_operation(operation)
        given = json.loads(wanted.input)
        if not isinstance(given, dict):
            raise validation("The Input of a universal target must be an object.")
        shape = operation_model(service, name).input_shape
        self._api.call(
            service,
            name,
            own_names(shape, given) if shape else {},
            place=wanted.place,
            caller=wanted.role().caller(access_key="ASIATARGET"),
        )
