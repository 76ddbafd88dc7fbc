"""The frozen values that cross between rooms: no model, no request, no SDK object.

All times are aware datetimes in UTC. All of them can be written to JSON and read back
(`model_dump_json`, `model_validate_json`), because operations run in a process of their own.
"""

from provisioning.contracts.access import NO_SECRETS, Access, Credential, SandboxAddress
from provisioning.contracts.checks import Check, CheckResult
from provisioning.contracts.events import EventPage, LoggedEvent, ReplayRecord, WorkflowState
from provisioning.contracts.findings import Claims, Found, Instance, NativeTrigger
from provisioning.contracts.history import (
    LogLine,
    LogPage,
    MissedCause,
    ParameterSpec,
    RunPage,
    RunRecord,
    StepRecord,
)
from provisioning.contracts.kinds import (
    Cloud,
    Level,
    Operation,
    RunStatus,
    TriggerKind,
    TriggerState,
    Value,
)
from provisioning.contracts.operations import (
    Acceptance,
    Changes,
    Difference,
    Drift,
    EngineCommand,
    LogEvent,
    OperationError,
    OperationEvent,
    OperationRequest,
    OutcomeEvent,
    PhaseEvent,
    PhaseName,
    PropertyChange,
    PropertyOp,
    Replacement,
    ResourceEvent,
    ResourceOp,
    TriggerProof,
)
from provisioning.contracts.samples import EventSample, ObjectSample, Sample
from provisioning.contracts.sandbox import FaultKind, JournalEntry, SandboxFault
from provisioning.contracts.stacks import StackSpec
from provisioning.contracts.triggers import (
    SPECS,
    CompletionSpec,
    EventSpec,
    ObjectCreatedSpec,
    ScheduleSpec,
    TriggerSpec,
    TumblingWindowSpec,
    WebhookSpec,
)
from provisioning.contracts.troubles import Diagnosis, ErrorKind, Policy

__all__ = [
    "NO_SECRETS",
    "SPECS",
    "Acceptance",
    "Access",
    "Changes",
    "Check",
    "CheckResult",
    "Claims",
    "Cloud",
    "CompletionSpec",
    "Credential",
    "Diagnosis",
    "Difference",
    "Drift",
    "EngineCommand",
    "ErrorKind",
    "EventPage",
    "EventSample",
    "EventSpec",
    "FaultKind",
    "Found",
    "Instance",
    "JournalEntry",
    "Level",
    "LogEvent",
    "LogLine",
    "LogPage",
    "LoggedEvent",
    "MissedCause",
    "NativeTrigger",
    "ObjectCreatedSpec",
    "ObjectSample",
    "Operation",
    "OperationError",
    "OperationEvent",
    "OperationRequest",
    "OutcomeEvent",
    "ParameterSpec",
    "PhaseEvent",
    "PhaseName",
    "Policy",
    "PropertyChange",
    "PropertyOp",
    "Replacement",
    "ReplayRecord",
    "ResourceEvent",
    "ResourceOp",
    "RunPage",
    "RunRecord",
    "RunStatus",
    "Sample",
    "SandboxAddress",
    "SandboxFault",
    "ScheduleSpec",
    "StackSpec",
    "StepRecord",
    "TriggerKind",
    "TriggerProof",
    "TriggerSpec",
    "TriggerState",
    "TumblingWindowSpec",
    "Value",
    "WebhookSpec",
    "WorkflowState",
]
