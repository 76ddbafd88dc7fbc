"""Pipeline definitions (schema 2020-12-01): reads them and refuses what SageMaker refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisioning.sandbox.aws.errors import AwsError, validation
from provisioning.sandbox.aws.moto_app import not_simulated
from provisioning.sandbox.aws.sagemaker.arguments import check_arguments
from provisioning.sandbox.aws.sagemaker.references import referred_steps

VERSIONS = ("2020-12-01",)
PARAMETER_TYPES = ("String", "Integer", "Float", "Boolean")
SIMULATED = ("Processing", "Training", "Transform", "Model", "RegisterModel", "Condition", "Fail")
# SageMaker knows them, the sandbox does not run them.
OTHERS = (
    "AutoML",
    "Callback",
    "ClarifyCheck",
    "EMR",
    "EMRServerless",
    "Endpoint",
    "EndpointConfig",
    "InferenceComponent",
    "Lambda",
    "NotebookJob",
    "QualityCheck",
    "Tuning",
)


@dataclass(frozen=True)
class StepSpec:
    """`branch` names the condition step that contains it, and which way."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    raw: Mapping[str, Any]
    branch: tuple[str, bool] | None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ParsedDefinition:
    parameters: tuple[Mapping[str, Any], ...]
    steps: tuple[StepSpec, ...]  # in the order they are written

    def step(self, name: str) -> StepSpec:
        return next(step for step in self.steps if step.name == name)


def parse_definition(text: str) -> ParsedDefinition:
    """Raises ValidationException as CreatePipeline does."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise unparsable("The definition is not valid JSON.") from error
    if not isinstance(raw, dict):
        raise unparsable("Expecting start of Json Object.")
    if raw.get("Version") not in VERSIONS:
        raise unparsable(f"Unsupported version '{raw.get('Version')}'.")
    parameters = _array(raw.get("Parameters", []))
    for parameter in parameters:
        _check_parameter(parameter)
    _check_unique([parameter["Name"] for parameter in parameters], "parameter")
    steps = tuple(_with_needs(list(_steps(_array(raw.get("Steps")), branch=None))))
    if not steps:
        raise unparsable("A pipeline must have at least one step.")
    _check_unique([step.name for step in steps], "step")
    _check_references(steps)
    _check_cycles(steps)
    return ParsedDefinition(parameters=tuple(parameters), steps=steps)


def unparsable(reason: str) -> AwsError:
    return validation(f"Unable to parse pipeline definition. {reason}")


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise unparsable("Expecting start of Json Array.")
    if not all(isinstance(item, dict) for item in value):
        raise unparsable("Expecting start of Json Object.")
    return value


def _check_parameter(parameter: Mapping[str, Any]) -> None:
    if not isinstance(parameter.get("Name"), str) or not parameter["Name"]:
        raise unparsable("Missing required property 'Name' of a parameter.")
    if parameter.get("Type") not in PARAMETER_TYPES:
        raise unparsable(
            f"Unknown type '{parameter.get('Type')}' of parameter '{parameter['Name']}'."
        )


def _steps(raw_steps: list[Any], *, branch: tuple[str, bool] | None) -> Iterator[StepSpec]:
    for raw in raw_steps:
        step = _step(raw, branch)
        yield step
        if step.type == "Condition":
            arguments = step.arguments
            _array(arguments.get("Conditions"))
            yield from _steps(_array(arguments.get("IfSteps", [])), branch=(step.name, True))
            yield from _steps(_array(arguments.get("ElseSteps", [])), branch=(step.name, False))


def _step(raw: Mapping[str, Any], branch: tuple[str, bool] | None) -> StepSpec:
    for wanted in ("Name", "Type"):
        if not isinstance(raw.get(wanted), str) or not raw[wanted]:
            raise unparsable(f"Missing required property '{wanted}' of a step.")
    if raw["Type"] not in (*SIMULATED, *OTHERS):
        raise unparsable(f"Unknown step type '{raw['Type']}' of step '{raw['Name']}'.")
    if raw["Type"] in OTHERS:
        raise not_simulated(f"pipeline steps of type {raw['Type']} (step '{raw['Name']}')")
    arguments = raw.get("Arguments", {})
    if not isinstance(arguments, dict):
        raise unparsable("Expecting start of Json Object.")
    check_arguments(raw["Type"], arguments, fail=unparsable)
    return StepSpec(name=raw["Name"], type=raw["Type"], arguments=arguments, raw=raw, branch=branch)


def _with_needs(steps: list[StepSpec]) -> Iterator[StepSpec]:
    for step in steps:
        depends_on = step.raw.get("DependsOn", [])
        if not isinstance(depends_on, list):
            raise unparsable("Expecting start of Json Array.")
        used = referred_steps(_own(step))
        container = {step.branch[0]} if step.branch else set()
        needs = {str(name).split(".")[0] for name in depends_on} | used | container
        yield replace(step, needs=frozenset(needs))


def _own(step: StepSpec) -> Mapping[str, Any]:
    """What belongs to the step itself, not to the steps inside a condition."""
    if step.type != "Condition":
        return {"Arguments": step.arguments, "PropertyFiles": step.raw.get("PropertyFiles", [])}
    return {"Conditions": step.arguments["Conditions"]}


def _check_unique(names: list[str], what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise unparsable(f"Duplicate {what} name '{repeated[0]}'.")


def _check_references(steps: tuple[StepSpec, ...]) -> None:
    known = {step.name for step in steps}
    for step in steps:
        unknown = sorted(step.needs - known)
        if unknown:
            raise unparsable(f"Step '{step.name}' depends on unknown step '{unknown[0]}'.")


def _check_cycles(steps: tuple[StepSpec, ...]) -> None:
    waiting = {step.name: set(step.needs) for step in steps}
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    if waiting:
        names = ", ".join(sorted(waiting))
        raise unparsable(f"The steps form a cycle: [{names}].")
