"""The APIs of Workflows and its executions.
https://cloud.google.com/workflows/docs/reference/rest"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.google.accounts import account_of
from provisioning.sandbox.google.calls import Call, Operations, exists, not_found, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.filters import filtered
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.google.operations import (
    Operation,
    OperationTable,
    usual_metadata,
)
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.google.workflows import source
from provisioning.sandbox.google.workflows.errors import BadSource
from provisioning.sandbox.google.workflows.executions import Executions
from provisioning.sandbox.google.workflows.records import Execution, Workflow
from provisioning.sandbox.records import Table
from provisioning.sandbox.world import World

_TYPE = "type.googleapis.com/google.cloud.workflows.v1.Workflow"
_SECONDS = 0.8
_NAME = re.compile(r"[a-zA-Z]([a-zA-Z0-9_-]{0,62}[a-zA-Z0-9])?")
_WRITABLE = frozenset({
    "callLogLevel", "cryptoKeyName", "description", "executionHistoryLevel", "labels",
    "serviceAccount", "sourceContents", "tags", "userEnvVars",
})  # fmt: skip
_REVISES = frozenset({"serviceAccount", "sourceContents", "userEnvVars"})
_LARGEST_ARGUMENT = 512 * 1024


class WorkflowsApi:
    def __init__(
        self, world: World, identity: Identity, workflows: Table[Workflow], executions: Executions
    ) -> None:
        self._clock = world.clock
        self._identity = identity
        self._workflows = workflows
        self._executions = executions
        self._operations = OperationTable(
            world,
            service="workflows",
            completions={
                "create-workflow": self._created,
                "update-workflow": self._updated,
                "delete-workflow": self._deleted,
            },
            metadata=usual_metadata("google.cloud.workflows.v1.OperationMetadata"),
        )

    def operations(self) -> Operations:
        collection = "projects.locations.workflows"
        return {
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.patch": self._patch,
            f"{collection}.delete": self._delete,
            **self._operations.operations(),
        }

    def find(self, name: str) -> Workflow:
        found = self._workflows.get(name)
        if found is None:
            raise not_found(name)
        return found

    def _create(self, call: Call) -> dict[str, Any]:
        id = call["workflowId"]
        if not _NAME.fullmatch(id):
            raise refusal(
                "INVALID_ARGUMENT",
                f"workflow_id '{id}' is invalid: it has 1 to 64 letters, digits, - and _, a "
                "letter first, and no - or _ last.",
            )
        name = f"{call['parent']}/workflows/{id}"
        if self._workflows.get(name) or self._operations.under_way(name):
            raise exists(name)
        wish = self._wish(call, {key: one for key, one in call.body.items() if key in _WRITABLE})
        return self._operations.begin("create-workflow", name, seconds=_SECONDS, wish=wish)

    def _get(self, call: Call) -> dict[str, Any]:
        return self.find(call["name"]).described()

    def _list(self, call: Call) -> dict[str, Any]:
        start = f"{call['parent']}/workflows/"
        mine = sorted((one for one in self._workflows if one.name.startswith(start)),
                      key=lambda one: one.name)  # fmt: skip
        return page(call, mine, "workflows", Workflow.described, usual=500)

    def _patch(self, call: Call) -> dict[str, Any]:
        workflow = self.find(call["name"])
        paths = masked(call)
        for path in paths:
            if path.partition(".")[0] not in _WRITABLE and path != "name":
                raise refusal("INVALID_ARGUMENT", f"The field '{path}' cannot be updated.")
        wanted = [path for path in paths if path != "name"]
        wish = self._wish(call, patched(workflow.wish, call.body, wanted))
        return self._operations.begin("update-workflow", workflow.name, seconds=_SECONDS, wish=wish)

    def _delete(self, call: Call) -> dict[str, Any]:
        workflow = self.find(call["name"])
        return self._operations.begin("delete-workflow", workflow.name, seconds=_SECONDS)

    def _wish(self, call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
        """With the account in full. The caller has to be allowed to act as it."""
        wish = dict(given)
        email = account_of(
            call.project, wish.get("serviceAccount") or default_account(call.project)
        )
        account = self._identity.accounts.table.get(email)
        if account is None:
            raise refusal("INVALID_ARGUMENT", f"Service account {email} does not exist.")
        self._identity.access.require(
            call.caller, "iam.serviceAccounts.actAs", account.name, service="iam"
        )
        wish["serviceAccount"] = account.name
        for name in wish.get("userEnvVars", {}):
            if not name or name.startswith(("GOOGLE", "WORKFLOWS")):
                raise refusal("INVALID_ARGUMENT", f"The variable '{name}' cannot be set.")
        return wish

    def _checked(self, operation: Operation) -> dict[str, Any]:
        try:
            source.read(operation.wish.get("sourceContents", ""))
        except BadSource as error:
            raise refusal("INVALID_ARGUMENT", f"failed to build: {error}") from error
        return operation.wish

    def _created(self, operation: Operation, time: float) -> dict[str, Any]:
        workflow = Workflow(
            name=operation.target,
            wish=self._checked(operation),
            created=time,
            changed=time,
            revised=time,
        )
        self._workflows.put(workflow)
        return {"@type": _TYPE, **workflow.described()}

    def _updated(self, operation: Operation, time: float) -> dict[str, Any]:
        workflow, wish = self.find(operation.target), self._checked(operation)
        if any(workflow.wish.get(name) != wish.get(name) for name in _REVISES):
            workflow.revision += 1
            workflow.revised = time
        workflow.wish, workflow.changed = wish, time
        self._workflows.put(workflow)
        return {"@type": _TYPE, **workflow.described()}

    def _deleted(self, operation: Operation, time: float) -> dict[str, Any]:
        self._workflows.delete(operation.target)
        self._executions.forget(operation.target)
        return {"@type": "type.googleapis.com/google.protobuf.Empty"}


class ExecutionsApi:
    def __init__(self, workflows: WorkflowsApi, executions: Executions) -> None:
        self._workflows = workflows
        self._executions = executions

    def operations(self) -> Operations:
        collection = "projects.locations.workflows.executions"
        return {
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.cancel": self._cancel,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        workflow = self._workflows.find(call["parent"])
        argument = call.body.get("argument", "") or "null"
        if len(argument.encode()) > _LARGEST_ARGUMENT:
            raise refusal("INVALID_ARGUMENT", "The argument is larger than 512 KB.")
        try:
            json.loads(argument)
        except ValueError as error:
            raise refusal("INVALID_ARGUMENT", f"The argument is not JSON: {error}") from error
        labels = call.body.get("labels")
        return self._executions.start(workflow, argument, labels=labels).described("FULL")

    def _get(self, call: Call) -> dict[str, Any]:
        return self._find(call).described(call["view"] or "FULL")

    def _list(self, call: Call) -> dict[str, Any]:
        self._workflows.find(call["parent"])
        view = call["view"] or "BASIC"
        mine = filtered(
            self._executions.of(call["parent"]), call["filter"], lambda one: one.described()
        )
        return page(
            call, mine, "executions", lambda one: one.described(view),
            usual=100, most=100 if view == "FULL" else 1000,
        )  # fmt: skip

    def _cancel(self, call: Call) -> dict[str, Any]:
        execution = self._find(call)
        if execution.state != "ACTIVE":
            message = f"Execution is in the state {execution.state}, so it cannot be cancelled."
            raise refusal("FAILED_PRECONDITION", message)
        self._executions.cancel(execution)
        return execution.described("FULL")

    def _find(self, call: Call) -> Execution:
        found = self._executions.table.get(call["name"])
        if found is None or not part(call["name"], "executions"):
            raise not_found(call["name"])
        return found
