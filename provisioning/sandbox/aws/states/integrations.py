"""Calls services for tasks: with the machine's role, as the API would be called."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.aws.calls import ApiCalls
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.states import results, supported
from provisioning.sandbox.aws.states.function_tasks import FunctionTasks
from provisioning.sandbox.aws.states.language.problems import StateFailed, runtime
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.machine_role import ACCESS_KEY, require_trust
from provisioning.sandbox.aws.states.resources import Resource
from provisioning.sandbox.aws.states.tasks import Called, TaskCall
from provisioning.sandbox.aws.states.waiting import Waiting

# Step Functions marks the jobs that it starts, which takes sagemaker:AddTags.
_MANAGED = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}


class ServiceIntegrations:
    def __init__(self, api: ApiCalls, waiting: Waiting, functions: FunctionTasks) -> None:
        self._api = api
        self._waiting = waiting
        self._functions = functions

    def check(self, resource: Resource, arguments: Any) -> None:
        if found := supported.problems(resource, arguments):
            raise runtime(
                f"The Parameters '{written(arguments)}' could not be used to start the Task: "
                f"[{', '.join(found)}]"
            )

    def call(self, call: TaskCall) -> Called:
        if call.resource.kind in ("", "lambda"):
            return self._functions.call(call)
        resource, given = call.resource, self._given(call)
        service, operation = supported.service_of(resource), supported.operation_of(resource)
        try:
            require_trust(call.session)
            answer = self._api.call(
                service, operation, given, place=call.place,
                caller=call.session.caller(access_key=ACCESS_KEY),
            )  # fmt: skip
        except AwsError as error:
            raise results.refusal(resource, error) from error
        if resource.kind.startswith("aws-sdk:"):
            return Called(results.plain(answer))
        if answer.get("FailedEntryCount"):
            raise StateFailed("EventBridge.FailedEntry", results.as_text(results.plain(answer)))
        shown = results.optimised(answer)
        if not resource.waits:
            return Called(shown)
        return Called(shown, self._waiting.name_of(resource, given, answer, call.place))

    def _given(self, call: TaskCall) -> dict[str, Any]:
        given = supported.as_input(call.resource, call.arguments)
        if call.resource.kind == "sagemaker" and call.resource.operation.endswith("Job"):
            given["Tags"] = [*given.get("Tags", []), _MANAGED]
        for entry in given.get("Entries", []) if call.resource.kind == "events" else ():
            entry["Resources"] = [call.machine, call.execution, *entry.get("Resources", [])]
        return given

    def cancel(self, waits_for: str, session: Session) -> None:
        self._waiting.cancel(waits_for, session)
