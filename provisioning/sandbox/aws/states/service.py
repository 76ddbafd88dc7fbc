"""Step Functions: machines, executions, and what makes these go on."""

from __future__ import annotations

import uuid

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.calls import ApiCalls
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.sagemaker.announcing import Bus
from provisioning.sandbox.aws.sagemaker.jobs import Jobs
from provisioning.sandbox.aws.services import Call, JsonService
from provisioning.sandbox.aws.states.announcing import Announcing
from provisioning.sandbox.aws.states.definitions import Definitions
from provisioning.sandbox.aws.states.engine import Engine
from provisioning.sandbox.aws.states.executions_api import ExecutionsApi
from provisioning.sandbox.aws.states.function_tasks import FunctionTasks
from provisioning.sandbox.aws.states.integrations import ServiceIntegrations
from provisioning.sandbox.aws.states.machines_api import MachinesApi
from provisioning.sandbox.aws.states.waiting import Waiting
from provisioning.sandbox.aws.targets.room import TargetCall
from provisioning.sandbox.aws.world import World


class StepFunctions(JsonService):
    def __init__(self, world: World, *, api: ApiCalls, jobs: Jobs) -> None:
        definitions = Definitions(world.store)
        waiting, functions = Waiting(jobs), FunctionTasks(world, api)
        integrations = ServiceIntegrations(api, waiting, functions)
        self.engine = Engine(world, definitions, integrations)
        waiting.attach(self.engine)
        functions.attach(self.engine)
        machines = MachinesApi(world, definitions=definitions, engine=self.engine, knows=api.knows)
        self._executions = ExecutionsApi(world, engine=self.engine, machines=machines)
        super().__init__(
            "stepfunctions", {**machines.operations(), **self._executions.operations()}
        )

    def start_as_target(self, wanted: TargetCall) -> None:
        """A schedule or a rule starts a machine, with the input that it was given."""
        session = wanted.role()
        session.require("states:StartExecution", wanted.arn)
        given = {
            "stateMachineArn": wanted.arn,
            # A name of AWS's kind, but the same for every attempt.
            "name": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{wanted.source_arn}{wanted.token}")),
            "input": wanted.input,
        }
        caller = session.caller(access_key="ASIATARGET")
        self._executions.start(Call("StartExecution", wanted.place, caller, given))

    def announce_on(self, bus: Bus) -> None:
        """From now on the default event bus hears of every execution that begins or ends."""
        self.engine.on_change.append(Announcing(bus).execution)

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later:
        response = super().answer(request, caller)
        if response is None:
            raise not_simulated(f"states {request.operation or request.path}")
        return response
