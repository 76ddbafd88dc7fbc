"""What executions leave in Cloud Logging. Calls are not logged, whatever callLogLevel says.
https://cloud.google.com/workflows/docs/log-workflow"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.accounts import Access
from provisioning.sandbox.google.calls import part, short
from provisioning.sandbox.google.filters import SEVERITIES
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.times import written
from provisioning.sandbox.google.workflows.errors import WorkflowError
from provisioning.sandbox.google.workflows.records import Execution

_SYSTEM = "workflows.googleapis.com/executions_system"
_TYPE = "type.googleapis.com/google.cloud.workflows.type.ExecutionsSystemLog"
_MAY_WRITE = "logging.logEntries.create"


class ExecutionLines:
    def __init__(self, logs: Logs, access: Access) -> None:
        self._logs = logs
        self._access = access

    def said(self, execution: Execution, data: Any, severity: str, *, time: float) -> None:
        """Of `sys.log`. Lost where the workflow's account may not write."""
        severity = severity.upper()
        if severity not in SEVERITIES:
            raise WorkflowError.of("ValueError", f"there is no severity '{severity}'")
        project = f"projects/{part(execution.name, 'projects')}"
        if self._access.allows(execution.account, _MAY_WRITE, project):
            payload = "jsonPayload" if isinstance(data, dict) else "textPayload"
            told = data if isinstance(data, dict) else str(data)
            self._write(execution, "Workflows", severity, time, **{payload: told})

    def began(self, execution: Execution) -> None:
        details = {"start": {"argument": execution.argument}}
        self._changed(execution, "Execution started.", execution.started, details)

    def ended(self, execution: Execution, time: float) -> None:
        details: dict[str, Any] = {}
        if execution.state == "SUCCEEDED":
            details["success"] = {"result": execution.result}
        elif execution.state == "FAILED" and execution.error:
            details["failure"] = {"exception": execution.error["payload"][:1000]}
        self._changed(execution, f"Execution {execution.state.lower()}.", time, details)

    def _changed(
        self, execution: Execution, message: str, time: float, details: dict[str, Any]
    ) -> None:
        severity = "ERROR" if execution.state == "FAILED" else "INFO"
        state = {"@type": _TYPE, "message": message, "state": execution.state}
        payload = {**state, "activityTime": written(time), **details}
        self._write(execution, _SYSTEM, severity, time, jsonPayload=payload)

    def _write(
        self, execution: Execution, log: str, severity: str, time: float, **payload: Any
    ) -> None:
        workflow = execution.workflow
        project = part(workflow, "projects")
        labels = {
            "project_id": project,
            "location": part(workflow, "locations"),
            "workflow_id": short(workflow),
        }
        self._logs.write(
            project,
            log,
            resource={"type": "workflows.googleapis.com/Workflow", "labels": labels},
            severity=severity,
            time=time,
            labels={
                "workflows.googleapis.com/execution_id": short(execution.name),
                "workflows.googleapis.com/revision_id": execution.revision,
            },
            **payload,
        )
