"""A pasted state machine, checked before Step Functions sees it. Every Problem has a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioning.errors import Problem

from ..common.json_lines import Node, NotJson, read
from .state_types import COMMON, ENDS, FIELDS, LONGEST_NAME, MACHINE, WANTED

FIELD = "machine.definition"
RESOURCE = re.compile(r"arn:aws[a-z-]*:\S+")


def check_definition(text: str) -> list[Problem]:
    """What is surely wrong, in the order of lines."""
    if not text.strip():
        return [Problem(FIELD, "Paste a definition of a state machine.", "required", 1)]
    try:
        root = read(text)
    except NotJson as error:
        return [Problem(FIELD, error.message, "json", error.line)]
    if root.members is None:
        return [problem(root, "A definition is a JSON object.")]
    return sorted(_Check(root).problems(), key=lambda found: found.line or 0)


def problem(node: Node, message: str, code: str = "invalid") -> Problem:
    return Problem(FIELD, message, code, node.line)


def machines(root: Node) -> Iterator[Node]:
    """The machine and those inside it, of branches and of items; each has States."""
    pending = [root]
    while pending:
        machine = pending.pop()
        yield machine
        for state in _states(machine).values():
            pending += _list(state.get("Branches"))
            pending += [
                inner
                for inner in (state.get("ItemProcessor"), state.get("Iterator"))
                if inner is not None and inner.members is not None
            ]


def states(root: Node) -> Iterator[tuple[str, Node]]:
    """All states, wherever they are."""
    for machine in machines(root):
        yield from _states(machine).items()


def _states(machine: Node) -> dict[str, Node]:
    found = machine.get("States")
    members = found.members if found is not None and found.members is not None else {}
    return {name: state for name, state in members.items() if state.members is not None}


def _list(node: Node | None) -> list[Node]:
    return node.items if node is not None and node.items is not None else []


def _text(node: Node | None) -> str:
    return (node.text if node is not None else None) or ""


class _Check:
    def __init__(self, root: Node) -> None:
        self._root = root
        self._first: dict[str, int] = {}  # state → its line

    def problems(self) -> Iterator[Problem]:
        for node in self._root.walk():
            for key, line in node.repeated.items():
                yield Problem(FIELD, f'"{key}" stands twice in one object.', "duplicate", line)
        for machine in machines(self._root):
            yield from self._machine(machine)

    def _machine(self, machine: Node) -> Iterator[Problem]:
        for key, node in (machine.members or {}).items():
            if key not in MACHINE:
                yield problem(node, f"A state machine knows no '{key}'.", "unknown")
        content, start = machine.get("States"), machine.get("StartAt")
        if content is None or not content.members:
            yield problem(content or machine, "States needs at least one state.", "required")
            return
        if start is None:
            yield problem(machine, "StartAt names the first state.", "required")
        elif start.text not in content.members:
            yield problem(start, f"There is no state '{start.plain}'.", "unknown")
        for name, state in content.members.items():
            yield from self._state(name, state, content.members)
        if start is not None and start.text in content.members:
            yield from _unreached(start.text, content.members)

    def _state(self, name: str, state: Node, beside: dict[str, Node]) -> Iterator[Problem]:
        if state.members is None:
            yield problem(state, "A state is a JSON object.")
            return
        if not 0 < len(name) <= LONGEST_NAME:
            yield problem(state, f"A state's name has 1 to {LONGEST_NAME} characters.")
        if name in self._first:
            line = self._first[name]
            yield problem(state, f"There is a state '{name}' on line {line} already.", "duplicate")
        self._first.setdefault(name, state.line)
        kind = state.get("Type")
        if kind is None or kind.text not in FIELDS:
            word = f"'{kind.plain}' is no type of state" if kind else f"State '{name}' has no Type"
            yield problem(kind or state, f"{word}. Known: {', '.join(FIELDS)}.", "unknown")
            return
        yield from _fields(name, kind.text, state)
        yield from _onward(name, kind.text, state)
        for goal in _goals(state):
            if goal.text not in beside:
                message = f"State '{name}' leads to '{goal.plain}', which does not exist."
                yield problem(goal, message, "unknown")
        yield from _errors(name, state)
        if kind.text == "Task" and (resource := state.get("Resource")) is not None:
            yield from _resource(resource)


def _fields(name: str, kind: str, state: Node) -> Iterator[Problem]:
    for key, node in (state.members or {}).items():
        if key not in FIELDS[kind] | COMMON:
            yield problem(node, f"A {kind} state knows no '{key}'.", "unknown")
    for choices in WANTED.get(kind, ()):
        if not any(state.get(each) is not None for each in choices):
            yield problem(state, f"State '{name}' needs {' or '.join(choices)}.", "required")
    for key in ("Choices", "Branches"):
        listed = state.get(key)
        if listed is not None and not listed.items:
            yield problem(listed, f"{key} is a list of at least one.")


def _onward(name: str, kind: str, state: Node) -> Iterator[Problem]:
    if kind in ENDS or kind == "Choice":
        return
    following, end = state.get("Next"), state.get("End")
    ends = end is not None and end.scalar is True
    if following is None and not ends:
        yield problem(state, f"State '{name}' needs Next, or \"End\": true.", "required")
    if following is not None and ends:
        yield problem(following, f"State '{name}' has Next and End.")


def _goals(state: Node) -> Iterator[Node]:
    ways = [state.get("Next"), state.get("Default")]
    ways += [each.get("Next") for key in ("Choices", "Catch") for each in _list(state.get(key))]
    yield from (node for node in ways if node is not None)


def _errors(name: str, state: Node) -> Iterator[Problem]:
    """Of Retry and Catch, and that every choice leads somewhere."""
    for key in ("Retry", "Catch"):
        node = state.get(key)
        if node is not None and node.items is None:
            yield problem(node, f"{key} is a list.")
        for each in _list(node):
            equals = each.get("ErrorEquals")
            if equals is None or not equals.items:
                yield problem(each, f"{key} of '{name}' needs ErrorEquals.", "required")
    for key in ("Choices", "Catch"):
        for each in _list(state.get(key)):
            if each.get("Next") is None:
                yield problem(each, f"{key} of '{name}' needs Next.", "required")


def _resource(node: Node) -> Iterator[Problem]:
    if not RESOURCE.fullmatch(_text(node)):
        yield problem(node, "A Resource is an ARN, such as arn:aws:states:::lambda:invoke.")


def _unreached(start: str, beside: dict[str, Node]) -> Iterator[Problem]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name not in seen and name in beside:
            seen.add(name)
            pending += [_text(goal) for goal in _goals(beside[name])]
    for name, state in beside.items():
        if name not in seen:
            yield problem(state, f"Nothing leads to the state '{name}'.")
