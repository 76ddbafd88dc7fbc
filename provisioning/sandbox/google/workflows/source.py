"""A workflow's source, YAML or JSON: read, and held against the syntax.
https://cloud.google.com/workflows/docs/reference/syntax"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import yaml

from provisioning.sandbox.google.workflows.connectors import method_of
from provisioning.sandbox.google.workflows.errors import BadSource
from provisioning.sandbox.google.workflows.expressions import check
from provisioning.sandbox.google.workflows.library import CALLABLE

LARGEST = 128 * 1024
Step = Mapping[str, Any]
Steps = list[tuple[str, Step]]

# What a step of each kind may have beside its own word.
_BESIDE: dict[str, frozenset[str]] = {
    "assign": frozenset({"next"}),
    "call": frozenset({"args", "result", "next"}),
    "for": frozenset({"next"}),
    "next": frozenset(),
    "raise": frozenset(),
    "return": frozenset(),
    "steps": frozenset({"next"}),
    "switch": frozenset({"next"}),
    "try": frozenset({"retry", "except", "next"}),
}
_CASE = frozenset({"condition", "next", "steps", "assign", "call", "args", "result", "return",
                   "raise"})  # fmt: skip
_LATER = ("parallel", "invoke")


@dataclass(frozen=True)
class Workflow:
    """One of a source: `main`, or one that others call."""

    name: str
    parameters: tuple[tuple[str, Any, bool], ...]  # name, default, whether there is one
    steps: Steps


@lru_cache(maxsize=64)
def read(text: str) -> dict[str, Workflow]:
    """Raises BadSource."""
    if len(text.encode()) > LARGEST:
        raise BadSource("the source is larger than 128 KB")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadSource(f"the source is neither YAML nor JSON: {error}") from error
    if isinstance(found, list):
        found = {"main": {"steps": found}}
    if not isinstance(found, Mapping) or "main" not in found:
        raise BadSource("main workflow is not defined")
    names = frozenset(map(str, found))
    workflows = {str(name): _workflow(str(name), one) for name, one in found.items()}
    for name, workflow in workflows.items():
        _check_leads(workflow.steps, _Leads(f"workflow '{name}'", names))
    return workflows


def kind_of(step: Step) -> str | None:
    """What a step does; only to lead elsewhere is the least of it."""
    kinds = [kind for kind in _BESIDE if kind in step]
    return next((kind for kind in kinds if kind != "next"), next(iter(kinds), None))


def steps_of(found: Any, where: str) -> Steps:
    """Steps are a list of maps with one name each."""
    if not isinstance(found, list) or not found:
        raise BadSource(f"in {where}: steps have to be a list with at least one step")
    steps: Steps = []
    for one in found:
        if not isinstance(one, Mapping) or len(one) != 1:
            raise BadSource(f"in {where}: every step has one name")
        ((name, step),) = one.items()
        steps.append((str(name), _step(step, f"{where}, step '{name}'")))
    if len({name for name, _ in steps}) < len(steps):
        raise BadSource(f"in {where}: two steps have the same name")
    return steps


def _workflow(name: str, found: Any) -> Workflow:
    where = f"workflow '{name}'"
    if not isinstance(found, Mapping):
        raise BadSource(f"{where} has to be a map")
    parameters = []
    for one in found.get("params", []):
        named = isinstance(one, Mapping)
        key, default = next(iter(one.items())) if named else (one, None)
        check(default)
        parameters.append((str(key), default, named))
    if name == "main" and len(parameters) > 1:
        raise BadSource("the main workflow takes one parameter at most")
    return Workflow(name, tuple(parameters), steps_of(found.get("steps"), where))


def _step(step: Any, where: str) -> Step:
    if not isinstance(step, Mapping):
        raise BadSource(f"in {where}: a step has to be a map")
    for word in _LATER:
        if word in step:
            raise BadSource(f"in {where}: the sandbox does not simulate '{word}'")
    kind = kind_of(step)
    if kind is None:
        raise BadSource(f"in {where}: unknown step: {', '.join(map(str, step))}")
    for name in step:
        if name != kind and name not in _BESIDE[kind]:
            raise BadSource(f"in {where}: '{name}' has no place beside '{kind}'")
    _check_inner(kind, step, where)
    return step


def _check_inner(kind: str, step: Step, where: str) -> None:
    if kind == "assign" and not isinstance(step["assign"], list):
        raise BadSource(f"in {where}: assign takes a list")
    if kind in ("assign", "return", "raise"):
        check(step[kind])
    elif kind == "call":
        check(step.get("args"))
    elif kind == "steps":
        steps_of(step["steps"], where)
    elif kind == "switch":
        _check_cases(step["switch"], where)
    elif kind == "for":
        _check_loop(step["for"], where)
    elif kind == "try":
        body_of(step["try"], where)
        check(step.get("retry"))
        if "except" in step:
            _check_handler(step["except"], where)


def _check_loop(loop: Any, where: str) -> None:
    if not isinstance(loop, Mapping) or "value" not in loop or ("in" in loop) == ("range" in loop):
        raise BadSource(f"in {where}: for takes a value, and either in or range")
    if unknown := set(loop) - {"value", "index", "in", "range", "steps"}:
        raise BadSource(f"in {where}: '{min(unknown)}' has no place in a for")
    steps_of(loop.get("steps"), where)
    check({key: value for key, value in loop.items() if key != "steps"})


def _check_handler(handler: Any, where: str) -> None:
    if not isinstance(handler, Mapping) or set(handler) - {"as", "steps"}:
        raise BadSource(f"in {where}: except takes a name and steps")
    steps_of(handler.get("steps"), f"{where}, except")


def _check_cases(cases: Any, where: str) -> None:
    if not isinstance(cases, list) or not cases:
        raise BadSource(f"in {where}: switch takes a list of conditions")
    for case in cases:
        if not isinstance(case, Mapping) or "condition" not in case:
            raise BadSource(f"in {where}: every case of a switch has a condition")
        if unknown := set(case) - _CASE:
            raise BadSource(f"in {where}: '{min(unknown)}' has no place in a case")
        check(case["condition"])
        if "steps" in case:
            steps_of(case["steps"], where)


@dataclass(frozen=True)
class _Leads:
    """Where steps may lead, and which workflows they may call."""

    where: str
    workflows: frozenset[str]
    steps: frozenset[str] = frozenset({"end"})

    def within(self, *names: str) -> _Leads:
        return replace(self, steps=self.steps | set(names))


def _check_leads(steps: Steps, leads: _Leads) -> None:
    """Every `next` leads to a step of these, or of those around them; every call to something
    that is there."""
    leads = leads.within(*(name for name, _ in steps))
    for name, step in steps:
        cases = step.get("switch", [])
        for one in (step, *cases):
            _check_lead(one, leads, f"{leads.where}, step '{name}'")
        for each in cases:
            if "steps" in each:
                _check_leads(steps_of(each["steps"], name), leads)
        _check_inner_leads(name, step, leads)


def _check_lead(step: Step, leads: _Leads, where: str) -> None:
    if "next" in step and str(step["next"]) not in leads.steps:
        raise BadSource(f"in {where}: there is no step '{step['next']}' to go to")
    if "call" in step:
        name = str(step["call"])
        if name not in CALLABLE | leads.workflows and method_of(name) is None:
            raise BadSource(f"in {where}: the sandbox does not know the call '{name}'")


def _check_inner_leads(name: str, step: Step, leads: _Leads) -> None:
    if "steps" in step:
        _check_leads(steps_of(step["steps"], name), leads)
    if "for" in step:
        inner = steps_of(step["for"]["steps"], name)
        _check_leads(inner, leads.within("break", "continue"))
    if "try" in step:
        _check_leads(body_of(step["try"], name), leads)
        if "except" in step:
            _check_leads(steps_of(step["except"]["steps"], name), leads)


def body_of(found: Any, where: str) -> Steps:
    """What a `try` tries: one step without a name, or steps."""
    if isinstance(found, Mapping) and set(found) == {"steps"}:
        return steps_of(found["steps"], where)
    return [("try", _step(found, where))]
