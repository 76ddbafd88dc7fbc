"""Where the outcome of an asynchronous invocation goes.

A dead-letter queue gets the event as it came; a destination gets a record about it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.environment import Result
from provisioning.sandbox.aws.lambdas.records import LATEST, Function, Invocation
from provisioning.sandbox.aws.lambdas.settings_api import DESTINATION_ACTIONS
from provisioning.sandbox.aws.messages import send_message
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.world import World

log = logging.getLogger(__name__)

Deliver = Callable[[str, dict[str, Any]], None]  # an ARN and the record


class Destinations:
    def __init__(self, world: World) -> None:
        self._world = world
        # The other services that can take one, by their part of an ARN.
        self.others: dict[str, Deliver] = {}

    def send(
        self, function: Function, invocation: Invocation, result: Result, *, condition: str
    ) -> None:
        outcome = "OnSuccess" if condition == "Success" else "OnFailure"
        session = Session(role_arn=function.role, session_name=function.name)
        queue = (function.settings.get("DeadLetterConfig") or {}).get("TargetArn")
        if queue and outcome == "OnFailure":
            self._attempt(queue, lambda: self._dead_letter(queue, invocation, result, session))
        if arn := function.destination(outcome):
            record = self._record(function, invocation, result, condition)
            self._attempt(arn, lambda: self._deliver(arn, record, session))

    def _attempt(self, arn: str, send: Callable[[], None]) -> None:
        """As on AWS, what cannot be delivered is gone."""
        try:
            send()
        except AwsError as error:
            log.warning("an outcome did not reach %s: %s", arn, error)
            self._world.journal.note("aws", "Lambda", "refused", target=arn, reason=error.message)

    def _dead_letter(
        self, queue: str, invocation: Invocation, result: Result, session: Session
    ) -> None:
        session.require("sqs:SendMessage", queue)
        attributes = {
            "RequestID": invocation.id,
            "ErrorCode": "200",
            "ErrorMessage": str(json.loads(result.payload).get("errorMessage", ""))[:1024] or "-",
        }
        send_message(self._world.moto, queue, invocation.payload, attributes)

    def _deliver(self, arn: str, record: dict[str, Any], session: Session) -> None:
        service = arn.split(":")[2]
        session.require(DESTINATION_ACTIONS[service], arn)
        if service == "sqs":
            send_message(self._world.moto, arn, json.dumps(record))
        else:
            self.others[service](arn, record)

    def _record(
        self, function: Function, invocation: Invocation, result: Result, condition: str
    ) -> dict[str, Any]:
        now = datetime.fromtimestamp(self._world.clock.now(), UTC)
        return {
            "version": "1.0",
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": invocation.id,
                "functionArn": f"{function.arn}:{LATEST}",
                "condition": condition,
                "approximateInvokeCount": invocation.attempts,
            },
            "requestPayload": json.loads(invocation.payload),
            "responseContext": {
                "statusCode": 200,
                "executedVersion": LATEST,
                **({"functionError": "Unhandled"} if result.error else {}),
            },
            "responsePayload": json.loads(result.payload),
        }
