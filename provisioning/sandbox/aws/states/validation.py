"""What Step Functions finds wrong with a definition, in its words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.aws.states.diagnostics import (
    TARGET,
    Diagnostic,
    missing,
    objects,
    positive,
    wrong,
)
from provisioning.sandbox.aws.states.state_fields import data_problems, error_problems
from provisioning.sandbox.aws.states.state_kinds import KindChecks
from provisioning.sandbox.aws.states.supported import Knows

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")

_COMMON = {"Type", "Comment", "QueryLanguage"}
_PATHS = {"InputPath", "OutputPath"}
_ONWARD = {"Next", "End"}
_WORK = {"ResultPath", "ResultSelector", "Retry", "Catch", "Parameters", "Assign"}
_FIELDS: dict[str, set[str]] = {
    "Pass": _PATHS | _ONWARD | {"Result", "ResultPath", "Parameters", "Assign"},
    "Wait": _PATHS | _ONWARD | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Assign"},
    "Choice": _PATHS | {"Choices", "Default", "Assign"},
    "Succeed": _PATHS,
    "Fail": {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _PATHS | _ONWARD | _WORK | {"Branches"},
    "Task": _PATHS
    | _ONWARD
    | _WORK
    | {"Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds"}
    | {"HeartbeatSecondsPath", "Credentials"},
    "Map": _PATHS
    | _ONWARD
    | _WORK
    | {"ItemProcessor", "Iterator", "ItemsPath", "ItemSelector", "ItemReader", "ItemBatcher"}
    | {"ResultWriter", "MaxConcurrency", "MaxConcurrencyPath", "Label"}
    | {"ToleratedFailureCount", "ToleratedFailureCountPath"}
    | {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
}
_REQUIRED = {"Task": "Resource", "Choice": "Choices", "Parallel": "Branches"}
_MACHINE = {"StartAt", "States", "Comment", "Version", "TimeoutSeconds", "QueryLanguage"}
_PROCESSOR = {"StartAt", "States", "Comment", "ProcessorConfig", "QueryLanguage"}
_MOST_STATE_NAME = 80


def diagnostics(text: str, knows: Knows) -> list[Diagnostic]:
    try:
        definition = json.loads(text)
    except ValueError as error:
        return [Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", str(error))]
    if not isinstance(definition, dict):
        return [wrong("Definition must be a valid JSON object")]
    return list(_Validation(knows).machine(definition, "", fields=_MACHINE))


class _Validation:
    def __init__(self, knows: Knows) -> None:
        self._kinds = KindChecks(knows, self._inner)

    def _inner(self, found: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
        yield from self.machine(found, at, fields=_PROCESSOR)

    def machine(
        self, found: Mapping[str, Any], at: str, *, fields: set[str]
    ) -> Iterator[Diagnostic]:
        if lacking := [name for name in ("States", "StartAt") if name not in found]:
            yield wrong(f"These fields are required: [{', '.join(lacking)}]", at or "/")
        for name in found:
            if name not in fields:
                yield wrong(f"Field '{name}' is not supported", at or "/")
        if found.get("QueryLanguage", "JSONPath") != "JSONPath":
            yield missing("the query language JSONata", f"{at}/QueryLanguage")
            return
        if "TimeoutSeconds" in found and not positive(found["TimeoutSeconds"]):
            yield wrong("Expected value of type Integer", f"{at}/TimeoutSeconds")
        states = found.get("States")
        if not isinstance(states, dict) or not states:
            if "States" in found:
                yield wrong("States must be a non-empty JSON object", f"{at}/States")
            return
        if "StartAt" in found and found["StartAt"] not in states:
            yield wrong(f"Missing 'StartAt' target: {found['StartAt']}", f"{at}/StartAt", TARGET)
        yield from _unreached(found, at)
        for name, state in states.items():
            yield from self._state(name, state, states, f"{at}/States/{name}")

    def _state(
        self, name: str, state: Any, states: Mapping[str, Any], at: str
    ) -> Iterator[Diagnostic]:
        if not isinstance(state, dict):
            yield wrong("Expected value of type Object", at)
            return
        if len(name) > _MOST_STATE_NAME:
            yield wrong(f"State name exceeds {_MOST_STATE_NAME} characters", at)
        kind = state.get("Type")
        if kind not in TYPES:
            yield wrong(
                f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]",
                f"{at}/Type",
            )
            return
        if state.get("QueryLanguage", "JSONPath") != "JSONPath":
            yield missing("the query language JSONata", f"{at}/QueryLanguage")
            return
        for field in state:
            if field not in _FIELDS[kind] | _COMMON:
                yield wrong(f"Field '{field}' is not supported", at)
        if (needed := _REQUIRED.get(kind)) and needed not in state:
            yield wrong(f"These fields are required: [{needed}]", at)
        yield from _onward(kind, state, states, at)
        yield from data_problems(state, at)
        yield from error_problems(state, at)
        yield from self._kinds.problems(state, at)


def _unreached(found: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    states, seen = found["States"], set()
    pending = [found.get("StartAt")]
    while pending:
        name = pending.pop()
        if name in seen or not isinstance(states.get(name), dict):
            continue
        seen.add(name)
        pending += [goal for goal, _ in _goals(states[name])]
    for name in states:
        if name not in seen and found.get("StartAt") in states:
            yield wrong(f'State "{name}" is not reachable.', f"{at}/States/{name}", TARGET)


def _goals(state: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Where a state can lead, and which field says so."""
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], field
    for field in ("Choices", "Catch"):
        for number, each in enumerate(objects(state.get(field))):
            if "Next" in each:
                yield each["Next"], f"{field}[{number}]/Next"


def _onward(
    kind: str, state: Mapping[str, Any], states: Mapping[str, Any], at: str
) -> Iterator[Diagnostic]:
    if kind not in ("Choice", "Succeed", "Fail"):
        if "Next" not in state and not state.get("End"):
            yield wrong("These fields are required: [Next]", at)
        if "Next" in state and state.get("End"):
            yield wrong("Only one of these fields is allowed: [Next, End]", at)
    for goal, field in _goals(state):
        if goal not in states:
            name = field.rpartition("/")[2]
            yield wrong(f"Missing '{name}' target: {goal}", f"{at}/{field}", TARGET)
