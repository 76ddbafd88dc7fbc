"""One attempt after another: timeouts, retries, and what an attempt shows of itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.azure.datafactory.activities import scopes
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun
from provisioning.sandbox.azure.datafactory.runs.steps import Step
from provisioning.sandbox.azure.times import parse_span
from provisioning.sandbox.faults import Faults

HIDDEN = {"secureInput": "********"}
_RETRY_SECONDS = 30.0
_DEFAULT_TIMEOUT = 12 * 3600.0
_LONG_TIMEOUT = 7 * 86_400.0
_LONG = ("Until", "Validation")
_WITHOUT_TIMEOUT = ("Wait", "ForEach", "IfCondition", "Switch", "SetVariable", "AppendVariable",
                    "Filter", "Fail", "ExecutePipeline")  # fmt: skip
_INNER = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities", "cases")
_SECRET = ("authentication", "password", "accessToken", "servicePrincipalKey")


def fault_of(faults: Faults, step: Step) -> str | None:
    """What somebody asked to go wrong here: by the activity's name, or with its pipeline's."""
    fault = faults.take("fail_step", "azure", step.name, f"{step.run.pipeline}/{step.name}")
    if fault is None:
        return None
    return fault.message or "The activity failed because somebody asked the sandbox for that."


def ends_at(step: Step) -> float | None:
    """When the attempt has to be over. Raises ExpressionError."""
    if step.record.type in _WITHOUT_TIMEOUT:
        return None
    given = (step.spec.get("policy") or {}).get("timeout") or step.raw.get("timeout")
    if given is None:
        return step.now + (_LONG_TIMEOUT if step.record.type in _LONG else _DEFAULT_TIMEOUT)
    try:
        return step.now + parse_span(str(step.resolve(given))).total_seconds()
    except ValueError as error:
        raise ExpressionError(f"The timeout of '{step.name}' is no time span: {error}.") from error


def next_attempt(step: Step) -> ActivityRun | None:
    """None when the policy allows no more."""
    policy, record = step.spec.get("policy") or {}, step.record
    allowed = policy.get("retry")
    if not isinstance(allowed, int) or record.attempt >= allowed:
        return None
    pause = policy.get("retryIntervalInSeconds")
    pause = float(pause) if isinstance(pause, int) else _RETRY_SECONDS
    return ActivityRun(
        id=str(uuid.uuid4()),
        run=record.run,
        scope=record.scope,
        name=record.name,
        type=record.type,
        attempt=record.attempt + 1,
        begun=step.now + pause,
        updated=step.now,
        due=step.now + pause,
    )


def shown_input(step: Step, hidden: tuple[str, ...]) -> dict[str, Any]:
    """The type properties as people see them; raises ExpressionError."""
    if (step.spec.get("policy") or {}).get("secureInput"):
        return dict(HIDDEN)
    inner = _INNER if any(True for _ in scopes(step.spec)) else ()
    shown: dict[str, Any] = {}
    for name, value in step.raw.items():
        if name in inner:
            continue
        shown[name] = value if name in hidden else _plain(step.resolve(value))
    return shown


def _plain(value: Any) -> Any:
    """Without what is secret."""
    if isinstance(value, Mapping):
        if value.get("type") == "SecureString":
            return {"type": "SecureString", "value": "**********"}
        return {
            name: "**********" if name in _SECRET and isinstance(each, str) else _plain(each)
            for name, each in value.items()
        }
    return [_plain(each) for each in value] if isinstance(value, list) else value
