"""A workflow's source, YAML or JSON: read, and held against the syntax.
https://cloud.google.com/workflows/docs/reference/syntax"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from provisioning.sandbox.google.workflows.errors import BadSource
from provisioning.sandbox.google.workflows.expressions import check

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

    parameters: tuple[tuple[str, Any, bool], ...]  # name, default, whether there is one
    steps: Steps


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
    return {str(name): _workflow(str(name), one) for name, one in found.items()}


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
        parameters.append((str(key), default, named))
    if name == "main" and len(parameters) > 1:
        raise BadSource("the main workflow takes one parameter at most")
    return Workflow(tuple(parameters), steps_of(found.get("steps"), where))


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
    if kind == "call" and str(step["call"]).startswith("googleapis."):
        raise BadSource(f"in {where}: the sandbox does not simulate connectors; use http.post")
    if kind in ("assign", "return", "raise"):
        check(step[kind])
    elif kind == "call":
        check(step.get("args"))
    elif kind == "steps":
        steps_of(step["steps"], where)
    elif kind == "switch":
        _check_cases(step["switch"], where)
    elif kind == "for":
        steps_of(step["for"].get("steps"), where)
        check({key: value for key, value in step["for"].items() if key != "steps"})
    elif kind == "try":
        body_of(step["try"], where)
        check(step.get("retry"))
        if "except" in step:
            steps_of(step["except"].get("steps"), f"{where}, except")


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


def body_of(found: Any, where: str) -> Steps:
    """What a `try` tries: one step without a name, or steps."""
    if isinstance(found, Mapping) and set(found) == {"steps"}:
        return steps_of(found["steps"], where)
    return [("try", _step(found, where))]
