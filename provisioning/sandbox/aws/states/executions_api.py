"""The operations on executions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.services import Call, Operation, Place
from provisioning.sandbox.aws.states.api_errors import check_arn, check_name, no_execution
from provisioning.sandbox.aws.states.engine import Engine
from provisioning.sandbox.aws.states.history import MOST_EVENTS, Event
from provisioning.sandbox.aws.states.machines_api import MachinesApi, paged
from provisioning.sandbox.aws.states.records import Execution
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]
REDRIVABLE_SECONDS = 14 * 86_400.0
_INPUTS = ("input", "output", "parameters", "assignedVariables")


class ExecutionsApi:
    def __init__(self, world: World, *, engine: Engine, machines: MachinesApi) -> None:
        self._clock = world.clock
        self._engine = engine
        self._machines = machines

    def operations(self) -> dict[str, Operation]:
        return {
            "StartExecution": self.start,
            "StopExecution": self.stop,
            "RedriveExecution": self.redrive,
            "DescribeExecution": self.describe,
            "DescribeStateMachineForExecution": self.describe_machine,
            "ListExecutions": self.list,
            "GetExecutionHistory": self.history,
        }

    def find(self, arn: str, place: Place) -> Execution:
        check_arn(arn, "execution")
        execution = self._engine.table.get(arn)
        if execution is None or execution.place != place:
            raise no_execution(arn)
        return execution

    def start(self, call: Call) -> Answer:
        machine = self._machines.find(call["stateMachineArn"], call.place)
        name = call.get("name") or str(uuid.uuid4())
        check_name(name)
        given = call.get("input", "{}")
        _check_input(given)
        execution = Execution(
            account=machine.account,
            region=machine.region,
            machine=machine.name,
            name=name,
            definition=machine.definition,
            role=machine.role,
            logging=machine.logging,
            revision=machine.revision,
            input=given,
            started_by=call.caller.arn,
            started=self._clock.now(),
        )
        existing = self._engine.table.get(execution.arn)
        if existing:
            if existing.final or existing.input != given:
                raise AwsError(
                    "ExecutionAlreadyExists", f"Execution Already Exists: '{existing.arn}'"
                )
            return {"executionArn": existing.arn, "startDate": existing.started}
        self._engine.begin(execution)
        return {"executionArn": execution.arn, "startDate": execution.started}

    def stop(self, call: Call) -> Answer:
        execution = self.find(call["executionArn"], call.place)
        if not execution.final:
            self._engine.stop(execution, error=call.get("error"), cause=call.get("cause"))
        return {"stopDate": execution.stopped}

    def redrive(self, call: Call) -> Answer:
        execution = self.find(call["executionArn"], call.place)
        token = call.get("clientToken", "")
        if token and execution.redrive_token == token:
            return {"redriveDate": execution.redriven}
        if reason := self._not_redrivable(execution):
            raise AwsError("ExecutionNotRedrivable", reason)
        execution.redrive_token = token
        self._engine.redrive(execution)
        return {"redriveDate": execution.redriven}

    def _not_redrivable(self, execution: Execution) -> str:
        if execution.status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {execution.status} and cannot be redriven"
        if self._clock.now() - (execution.stopped or 0.0) > REDRIVABLE_SECONDS:
            return "Execution is outside of the redrivable period of 14 days"
        if execution.events >= MOST_EVENTS - 1:
            return "Execution history event limit exceeded and cannot be redriven"
        return ""

    def describe(self, call: Call) -> Answer:
        execution = self.find(call["executionArn"], call.place)
        secret = call.get("includedData") == "METADATA_ONLY"
        reason = self._not_redrivable(execution)
        found: dict[str, Any] = {
            **_summary(execution),
            "error": execution.error,
            "cause": None if secret else execution.cause,
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
            "redriveStatusReason": reason or None,
        }
        if not secret:
            found |= {"input": execution.input, "inputDetails": {"included": True}}
        if execution.output is not None and not secret:
            found |= {"output": execution.output, "outputDetails": {"included": True}}
        return found

    def describe_machine(self, call: Call) -> Answer:
        return self._machines.describe_for(self.find(call["executionArn"], call.place))

    def list(self, call: Call) -> Answer:
        if "mapRunArn" in call.given:
            raise validation("The sandbox has no distributed maps, so there are no map runs.")
        if "stateMachineArn" not in call.given:
            raise validation("Must specify exactly one of: stateMachineArn, mapRunArn.")
        machine = self._machines.find(call["stateMachineArn"], call.place)
        redriven = {"REDRIVEN": True, "NOT_REDRIVEN": False}.get(call.get("redriveFilter", ""))
        found = [
            each
            for each in reversed(self._engine.of_machine(machine.arn))
            if call.get("statusFilter") in (None, each.status)
            and (redriven is None or (each.redrives > 0) == redriven)
        ]
        answer = paged(call, found, result="executions")
        return {**answer, "executions": [_summary(each) for each in answer["executions"]]}

    def history(self, call: Call) -> Answer:
        execution = self.find(call["executionArn"], call.place)
        found = self._engine.history.events(execution)
        if call.get("reverseOrder"):
            found.reverse()
        answer = paged(call, found, result="events")
        if call.get("includeExecutionData") is False:
            answer["events"] = [_without_data(event) for event in answer["events"]]
        return answer


def _check_input(text: str) -> None:
    """Raise InvalidExecutionInput for what is no JSON."""
    reason = "Invalid execution input."
    try:
        json.loads(text, parse_constant=_no_constant)
        return
    except json.JSONDecodeError as error:
        if text.strip():
            reason = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except ValueError as error:
        reason = str(error)
    raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")


def _no_constant(name: str) -> None:
    raise ValueError(f"Unrecognized token '{name}'")


def _summary(execution: Execution) -> dict[str, Any]:
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started,
        "stopDate": execution.stopped,
        "redriveCount": execution.redrives,
        "redriveDate": execution.redriven,
    }


def _without_data(event: Event) -> Event:
    return {
        name: {key: each for key, each in value.items() if key not in _INPUTS}
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }
