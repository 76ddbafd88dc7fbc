"""A pasted pipeline definition, checked before SageMaker sees it. Every Problem has a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioning.errors import Problem

from ..aws_common.fields import NAME
from ..common.graph import cycle
from ..common.json_lines import Node, NotJson, read
from .references import EXECUTION_VARIABLES
from .step_types import (
    CONDITIONS,
    PARAMETER_TYPES,
    STEP_TYPES,
    TOP_LEVEL,
    WITHOUT_ARGUMENTS,
)

FIELD = "definition"
VERSION = "2020-12-01"
BRANCHES = ("IfSteps", "ElseSteps")


def check_definition(text: str) -> list[Problem]:
    """All that is wrong, in the order of lines; empty when SageMaker should take it."""
    if not text.strip():
        return [Problem(FIELD, "Paste a SageMaker pipeline definition.", "required", 1)]
    try:
        root = read(text)
    except NotJson as error:
        return [Problem(FIELD, error.message, "json", error.line)]
    if root.members is None:
        return [_problem(root, "A pipeline definition is a JSON object.")]
    return sorted(Definition(root).problems(), key=lambda problem: problem.line or 0)


def _problem(node: Node, message: str, code: str = "invalid") -> Problem:
    return Problem(FIELD, message, code, node.line)


def _list(node: Node | None) -> list[Node]:
    return node.items if node is not None and node.items is not None else []


def _name(node: Node) -> str:
    found = node.get("Name")
    return (found.text if found else None) or ""


class Definition:
    def __init__(self, root: Node) -> None:
        self.root = root
        self.parameters = {_name(node): node for node in _list(root.get("Parameters"))}
        self.steps: dict[str, Node] = {}  # by name, those in branches included
        self.condition_of: dict[str, str] = {}  # step in a branch → its condition
        self.repeated: list[Node] = []
        self._collect(_list(root.get("Steps")), "")

    def problems(self) -> Iterator[Problem]:
        yield from self._top()
        for node in self.root.walk():
            for key, line in node.repeated.items():
                yield Problem(FIELD, f'"{key}" stands twice in one object.', "duplicate", line)
        for node in _list(self.root.get("Parameters")):
            yield from self._parameter(node)
        yield from self._steps(self.root.get("Steps"), inside="")
        for node in self.repeated:
            yield _problem(node, f"There is already a step '{_name(node)}'.", "duplicate")
        yield from self._cycle()

    def _collect(self, nodes: list[Node], condition: str) -> None:
        for node in nodes:
            name = _name(node)
            if name in self.steps:
                self.repeated.append(node)
            elif name:
                self.steps[name] = node
            if condition:
                self.condition_of.setdefault(name, condition)
            arguments = node.get("Arguments")
            for branch in BRANCHES if arguments else ():
                self._collect(_list(arguments.get(branch) if arguments else None), name)

    # ── The top ─────────────────────────────────────────────────────────────────────

    def _top(self) -> Iterator[Problem]:
        for key, node in (self.root.members or {}).items():
            if key not in TOP_LEVEL:
                yield _problem(node, f"SageMaker knows no '{key}' here.", "unknown")
        version = self.root.get("Version")
        if version is None or version.text != VERSION:
            yield _problem(
                version or self.root, f'A definition begins with "Version": "{VERSION}".'
            )
        parameters = self.root.get("Parameters")
        if parameters is not None and parameters.items is None:
            yield _problem(parameters, "Parameters is a list.")

    def _parameter(self, node: Node) -> Iterator[Problem]:
        name = _name(node)
        if node.members is None or not re.fullmatch(NAME, name):
            yield _problem(node, "A parameter needs a Name of letters, digits, - and _.")
        elif self.parameters[name] is not node:
            yield _problem(node, f"There is already a parameter '{name}'.", "duplicate")
        given = node.get("Type")
        kind = given.text if given else "String"
        if given and kind not in PARAMETER_TYPES:
            known = ", ".join(PARAMETER_TYPES)
            yield _problem(given, f"A parameter's Type is one of {known}.", "unknown")
            return
        default, choices = node.get("DefaultValue"), node.get("EnumValues")
        if default and not _is_of(default, str(kind)):
            yield _problem(default, f"The DefaultValue of '{name}' is no {kind}.")
        elif default and choices and default.scalar not in [x.scalar for x in _list(choices)]:
            yield _problem(default, f"The DefaultValue of '{name}' is not in its EnumValues.")

    # ── Steps ───────────────────────────────────────────────────────────────────────

    def _steps(self, node: Node | None, *, inside: str) -> Iterator[Problem]:
        if node is None or not node.items:
            if not inside:
                yield _problem(node or self.root, "Steps needs at least one step.", "required")
            return
        for step in node.items:
            yield from self._step(step, inside)

    def _step(self, node: Node, inside: str) -> Iterator[Problem]:
        name, kind = _name(node), node.get("Type")
        if node.members is None:
            yield _problem(node, "A step is a JSON object.")
            return
        if not re.fullmatch(NAME, name):
            yield _problem(
                node.get("Name") or node,
                "A step needs a Name of letters, digits, - and _; at most 64.",
            )
        if kind is None or kind.text not in STEP_TYPES:
            word = f"'{kind.text}' is no step type" if kind else f"Step '{name}' has no Type"
            known = ", ".join(STEP_TYPES)
            yield _problem(kind or node, f"{word}. Known: {known}.", "unknown")
            return
        if kind.text == "Condition" and inside:
            message = "SageMaker allows no condition inside a condition's branch."
            yield _problem(kind, message)
            return
        yield from self._keys(node, name, str(kind.text))
        yield from self._depends_on(node, name)
        yield from self._references(node, name, str(kind.text))
        if kind.text == "Condition":
            yield from self._branches(node, name)

    def _keys(self, node: Node, name: str, kind: str) -> Iterator[Problem]:
        wanted = STEP_TYPES[kind]
        yield from _missing(node, wanted.keys, f"Step '{name}'")
        arguments = node.get("Arguments")
        if arguments is None:
            if kind not in WITHOUT_ARGUMENTS:
                yield _problem(node, f"Step '{name}' has no Arguments.", "required")
        elif arguments.members is None:
            yield _problem(arguments, "Arguments is a JSON object.")
        else:
            yield from _missing(arguments, wanted.arguments, f"The {kind} step '{name}'")

    def _depends_on(self, node: Node, name: str) -> Iterator[Problem]:
        depends = node.get("DependsOn")
        if depends is not None and depends.items is None:
            yield _problem(depends, "DependsOn is a list of step names.")
        for each in _list(depends):
            if each.text not in self.steps:
                yield _problem(
                    each,
                    f"Step '{name}' depends on '{each.plain}', which does not exist.",
                    "unknown",
                )

    def _branches(self, node: Node, name: str) -> Iterator[Problem]:
        arguments = node.get("Arguments") or node
        for condition in _list(arguments.get("Conditions")):
            yield from _condition(condition)
        for branch in BRANCHES:
            yield from self._steps(arguments.get(branch), inside=name)

    # ── References ──────────────────────────────────────────────────────────────────

    def _references(self, node: Node, name: str, kind: str) -> Iterator[Problem]:
        for inner in _own_nodes(node, kind):
            get = inner.get("Get")
            if get is not None and len(inner.members or {}) == 1:
                yield from self._get(get, name)
            for function, wanted in (("Std:Join", "Values"), ("Std:JsonGet", "Path")):
                call = inner.get(function)
                if call is not None and call.get(wanted) is None:
                    yield _problem(call, f"{function} needs {wanted}.", "required")

    def _get(self, node: Node, step: str) -> Iterator[Problem]:
        where, _, rest = (node.text or "").partition(".")
        named = re.split(r"[.\[]", rest)[0]
        if where == "Parameters":
            if rest not in self.parameters:
                yield _problem(node, f"There is no parameter '{rest}'.", "unknown")
        elif where == "Steps":
            if named not in self.steps:
                yield _problem(node, f"There is no step '{named}'.", "unknown")
            elif named == step:
                yield _problem(node, f"Step '{step}' refers to itself.", "cycle")
        elif where == "Execution":
            if rest not in EXECUTION_VARIABLES:
                known = ", ".join(EXECUTION_VARIABLES)
                yield _problem(node, f"A run has no '{rest}'. It has: {known}.", "unknown")
        else:
            yield _problem(node, "Get starts with Parameters., Steps. or Execution.")

    # ── Order ───────────────────────────────────────────────────────────────────────

    def _cycle(self) -> Iterator[Problem]:
        walk = cycle({name: self._waits_for(name, node) for name, node in self.steps.items()})
        if len(walk) > 2 or (walk and walk[0] in self._depends(walk[0])):
            message = f"Steps wait for each other: {' → '.join(reversed(walk))}."
            yield _problem(self.steps[walk[0]], message, "cycle")

    def _depends(self, name: str) -> list[str]:
        return [each.text or "" for each in _list(self.steps[name].get("DependsOn"))]

    def _waits_for(self, name: str, node: Node) -> list[str]:
        kind = node.get("Type")
        before = self._depends(name)
        for inner in _own_nodes(node, kind.text if kind else None):
            get = inner.get("Get")
            where, _, rest = ((get.text if get else None) or "").partition(".")
            if where == "Steps":
                before.append(re.split(r"[.\[]", rest)[0])
        if name in self.condition_of:
            before.append(self.condition_of[name])
        return [step for step in before if step in self.steps]


def _own_nodes(node: Node, kind: str | None) -> Iterator[Node]:
    """All inside a step, but for the steps in its branches."""
    arguments = node.get("Arguments")
    if kind != "Condition" or arguments is None:
        yield from node.walk()
        return
    for key, inner in (arguments.members or {}).items():
        if key not in BRANCHES:
            yield from inner.walk()


def _condition(node: Node) -> Iterator[Problem]:
    kind = node.get("Type")
    if kind is None or kind.text not in CONDITIONS:
        known = ", ".join(CONDITIONS)
        yield _problem(kind or node, f"A condition's Type is one of {known}.", "unknown")
        return
    yield from _missing(node, CONDITIONS[kind.text].keys, f"The condition {kind.text}")
    negated = node.get("Condition")
    for inner in [*_list(node.get("Conditions")), *([negated] if negated else [])]:
        yield from _condition(inner)


def _missing(node: Node, wanted: tuple[tuple[str, ...], ...], who: str) -> Iterator[Problem]:
    for names in wanted:
        if not any(node.get(name) is not None for name in names):
            yield _problem(node, f"{who} needs {' or '.join(names)}.", "required")


def _is_of(node: Node, kind: str) -> bool:
    if isinstance(node.scalar, bool):
        return kind == "Boolean"
    return node.items is None and isinstance(node.scalar, PARAMETER_TYPES[kind])
