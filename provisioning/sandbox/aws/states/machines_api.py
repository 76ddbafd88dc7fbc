"""The operations on state machines."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Call, Operation, Place
from provisioning.sandbox.aws.states.api_errors import check_arn, check_name, no_machine
from provisioning.sandbox.aws.states.definitions import Definitions
from provisioning.sandbox.aws.states.diagnostics import Diagnostic
from provisioning.sandbox.aws.states.engine import Engine
from provisioning.sandbox.aws.states.machine_role import require_role
from provisioning.sandbox.aws.states.managed_rules import require_managed_rules
from provisioning.sandbox.aws.states.records import Execution, Machine
from provisioning.sandbox.aws.states.supported import Knows
from provisioning.sandbox.aws.states.validation import diagnostics
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Table

Answer = Mapping[str, Any]
_NO_LOGGING = {"level": "OFF", "includeExecutionData": False}


class MachinesApi:
    def __init__(
        self, world: World, *, definitions: Definitions, engine: Engine, knows: Knows
    ) -> None:
        self._knows = knows
        self._clock = world.clock
        self._definitions = definitions
        self._engine = engine
        self.table = Table(world.store, kind="states_machine", record=Machine)

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateStateMachine": self.create,
            "UpdateStateMachine": self.update,
            "DescribeStateMachine": self.describe,
            "DeleteStateMachine": self.delete,
            "ListStateMachines": self.list,
            "ListStateMachineVersions": self.list_versions,
            "ListStateMachineAliases": self.list_aliases,
            "ValidateStateMachineDefinition": self.validate,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    def find(self, arn: str, place: Place) -> Machine:
        check_arn(arn, "stateMachine")
        machine = self.table.get(arn)
        if machine is None or machine.place != place:
            raise no_machine(arn)
        return machine

    def create(self, call: Call) -> Answer:
        check_name(call["name"])
        if call.get("type", "STANDARD") != "STANDARD":
            raise not_simulated("state machines of the type EXPRESS")
        _require_plain(call)
        self._check(call["definition"], call["roleArn"], call)
        now = self._clock.now()
        machine = Machine(
            account=call.place.account,
            region=call.place.region,
            name=call["name"],
            definition=self._definitions.keep(call["definition"]),
            role=call["roleArn"],
            logging=call.get("loggingConfiguration"),
            tracing=call.get("tracingConfiguration"),
            tags=call.get("tags", []),
            created=now,
            updated=now,
        )
        existing = self.table.get(machine.arn)
        if existing:
            return self._again(existing, machine)
        self.table.put(machine)
        return {"stateMachineArn": machine.arn, "creationDate": machine.created}

    def _again(self, existing: Machine, wanted: Machine) -> Answer:
        """Creating the same once more is no error."""
        alike = ("definition", "role", "logging", "tracing", "tags")
        if any(getattr(existing, name) != getattr(wanted, name) for name in alike):
            raise AwsError(
                "StateMachineAlreadyExists", f"State Machine Already Exists: '{existing.arn}'"
            )
        return {"stateMachineArn": existing.arn, "creationDate": existing.created}

    def update(self, call: Call) -> Answer:
        machine = self.find(call["stateMachineArn"], call.place)
        _require_plain(call)
        changes = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")
        if not any(call.get(name) is not None for name in changes):
            raise AwsError(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the "
                "TracingConfiguration must be specified",
            )
        text = call.get("definition", self._definitions.text(machine.definition))
        role = call.get("roleArn", machine.role)
        self._check(text, role, call)
        before = machine.model_copy()
        machine.definition, machine.role = self._definitions.keep(text), role
        machine.logging = call.get("loggingConfiguration", machine.logging)
        machine.tracing = call.get("tracingConfiguration", machine.tracing)
        if machine != before:
            machine.revision = str(uuid.uuid4())
        machine.updated = self._clock.now()
        self.table.put(machine)
        return {"updateDate": machine.updated, "revisionId": machine.revision or None}

    def _check(self, definition: str, role: str, call: Call) -> None:
        found = [each for each in diagnostics(definition, self._knows) if each.severity == "ERROR"]
        if missing := [each for each in found if each.missing]:
            raise not_simulated(f"{missing[0].message} (at {missing[0].location})")
        if found:
            text = ", ".join(map(str, found))
            raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{text}'")
        require_role(role, call.place)
        require_managed_rules(json.loads(definition), role, call.place)
        if call.get("loggingConfiguration"):
            _check_logging(call["loggingConfiguration"], role, call.place)

    def describe(self, call: Call) -> Answer:
        return self.described(self.find(call["stateMachineArn"], call.place))

    def described(self, machine: Machine) -> dict[str, Any]:
        return {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": self._definitions.text(machine.definition),
            "roleArn": machine.role,
            "type": "STANDARD",
            "creationDate": machine.created,
            "loggingConfiguration": machine.logging or _NO_LOGGING,
            "tracingConfiguration": machine.tracing or {"enabled": False},
            "revisionId": machine.revision or None,
        }

    def describe_for(self, execution: Execution) -> Answer:
        """The machine as it was when the execution began."""
        now = self.table.get(execution.machine_arn)
        return {
            "stateMachineArn": execution.machine_arn,
            "name": execution.machine,
            "definition": self._definitions.text(execution.definition),
            "roleArn": execution.role,
            "updateDate": now.updated if now else execution.started,
            "loggingConfiguration": execution.logging or _NO_LOGGING,
            "tracingConfiguration": {"enabled": False},
            "revisionId": execution.revision or None,
        }

    def delete(self, call: Call) -> None:
        """What is running is ended without a further event, as documented; nothing of the
        executions can be read any more."""
        check_arn(call["stateMachineArn"], "stateMachine")
        machine = self.table.get(call["stateMachineArn"])
        if machine and machine.place == call.place:
            self._engine.forget(machine.arn)
            self.table.delete(machine.key)

    def list(self, call: Call) -> Answer:
        own = sorted(
            (each for each in self.table if each.place == call.place), key=lambda each: each.name
        )
        found = [
            {
                "stateMachineArn": each.arn,
                "name": each.name,
                "type": "STANDARD",
                "creationDate": each.created,
            }
            for each in own
        ]
        return paged(call, found, result="stateMachines")

    def list_versions(self, call: Call) -> Answer:
        self.find(call["stateMachineArn"], call.place)
        return {"stateMachineVersions": []}

    def list_aliases(self, call: Call) -> Answer:
        self.find(call["stateMachineArn"], call.place)
        return {"stateMachineAliases": []}

    def validate(self, call: Call) -> Answer:
        found = diagnostics(call["definition"], self._knows)
        if call.get("severity", "ERROR") == "ERROR":
            found = [each for each in found if each.severity == "ERROR"]
        most = call.get("maxResults") or 100
        failed = any(each.severity == "ERROR" for each in found)
        return {
            "result": "FAIL" if failed else "OK",
            "diagnostics": [_described(each) for each in found[:most]],
            "truncated": len(found) > most,
        }

    # ── Tags ────────────────────────────────────────────────────────────────────────

    def tag(self, call: Call) -> None:
        machine = self._tagged(call)
        given = {tag["key"] for tag in call["tags"]}
        machine.tags = [*(tag for tag in machine.tags if tag["key"] not in given), *call["tags"]]
        self.table.put(machine)

    def untag(self, call: Call) -> None:
        machine = self._tagged(call)
        machine.tags = [tag for tag in machine.tags if tag["key"] not in call["tagKeys"]]
        self.table.put(machine)

    def list_tags(self, call: Call) -> Answer:
        return {"tags": self._tagged(call).tags}

    def _tagged(self, call: Call) -> Machine:
        machine = self.table.get(call["resourceArn"])
        if machine is None or machine.place != call.place:
            raise AwsError("ResourceNotFound", f"Resource not found: '{call['resourceArn']}'")
        return machine


def paged(call: Call, found: list[Any], *, result: str, default: int = 100) -> dict[str, Any]:
    """Step Functions' pages: 0 means the default, and names begin small."""
    given = {"NextToken": call.get("nextToken"), "MaxResults": call.get("maxResults") or default}
    try:
        answer = page(Call(call.operation, call.place, call.caller, given), found,
                      result=result, default=default)  # fmt: skip
    except AwsError as error:
        raise AwsError("InvalidToken", f"Invalid Token: '{call.get('nextToken')}'") from error
    if "NextToken" in answer:
        answer["nextToken"] = answer.pop("NextToken")
    return answer


def _require_plain(call: Call) -> None:
    """What the sandbox does not have is refused, never left out."""
    if call.get("publish"):
        raise not_simulated("versions of state machines")
    if call.get("encryptionConfiguration", {}).get("type", "AWS_OWNED_KEY") != "AWS_OWNED_KEY":
        raise not_simulated("state machines that are encrypted with an own key")


def _check_logging(given: Mapping[str, Any], role: str, place: Place) -> None:
    if given.get("level", "OFF") == "OFF":
        return
    destinations = given.get("destinations", [])
    if len(destinations) != 1:
        raise _bad_logging("Must specify exactly one Log Destination.")
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    name = arn.split(":log-group:")[-1].removesuffix(":*")
    if name not in get_backend("logs")[place.account][place.region].groups:
        raise _bad_logging("Log Destination not found.")
    if not Session(role_arn=role, session_name="logging").allows("logs:CreateLogDelivery", "*"):
        raise AwsError(
            "AccessDeniedException",
            "The state machine IAM Role is not authorized to access the Log Destination",
        )


def _bad_logging(message: str) -> AwsError:
    return AwsError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {message}")


def _described(found: Diagnostic) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "code": found.code,
        "message": found.message,
        "location": found.location or None,
    }
