"""Carrying out a workflow, step by step.

An execution may wait: for a retry, or because it sleeps. It is then carried out again from its
beginning, with what its calls came to the first time; so nothing of it has to be kept but that.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from provisioning.sandbox.google.workflows import connectors, functions, retries
from provisioning.sandbox.google.workflows.errors import WorkflowError
from provisioning.sandbox.google.workflows.expressions import value_of
from provisioning.sandbox.google.workflows.library import REQUESTS, in_order
from provisioning.sandbox.google.workflows.operators import member
from provisioning.sandbox.google.workflows.source import Step, Steps, Workflow, body_of, kind_of

MOST_STEPS = 100_000
_DEEPEST = 20
_PATH = re.compile(r"\.?([A-Za-z_]\w*)|\[([^\]]+)\]")


class Outside(Protocol):
    """What an execution has of the world."""

    def request(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer: body, code, headers. Raises WorkflowError."""

    def sleep(self, seconds: float) -> None: ...

    def log(self, data: Any, severity: str) -> None: ...

    def environment(self, name: str) -> str | None: ...

    def now(self) -> float: ...

    def uuid(self) -> str: ...


class _Jump(Exception):
    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(step)


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__("return")


def run(workflows: Mapping[str, Workflow], argument: Any, outside: Outside) -> Any:
    """What `main` returns. Raises WorkflowError."""
    return _Execution(workflows, outside).main(argument)


class _Execution:
    def __init__(self, workflows: Mapping[str, Workflow], outside: Outside) -> None:
        self._workflows = workflows
        self._outside = outside
        self._steps = 0
        self._depth = 0

    def main(self, argument: Any) -> Any:
        main = self._workflows["main"]
        given = {name: argument for name, _, _ in main.parameters}
        return self.call(main, given)

    def call(self, workflow: Workflow, given: Mapping[str, Any]) -> Any:
        if self._depth == _DEEPEST:
            raise WorkflowError.of("RecursionError", f"calls are nested deeper than {_DEEPEST}")
        self._depth += 1
        try:
            return self._called(workflow, given)
        finally:
            self._depth -= 1

    def _called(self, workflow: Workflow, given: Mapping[str, Any]) -> Any:
        frame = _Frame(self, ChainMap())
        for name, default, optional in workflow.parameters:
            if name not in given and not optional:
                raise WorkflowError.of("KeyError", f"missing argument: {name}")
            frame.put(name, given[name] if name in given else value_of(default, frame))
        try:
            frame.steps(workflow.steps)
        except _Return as returned:
            return returned.value
        except _Jump:  # to its end; other steps were looked for at the deployment
            pass
        except WorkflowError as error:
            error.trail.append((error.step, workflow.name))
            error.step = ""
            raise
        return None

    def function(self, name: str, arguments: list[Any]) -> Any:
        outside = self._outside
        if name == "sys.get_env":
            return self._environment(arguments)
        if name == "sys.now":
            return outside.now()
        if name == "uuid.generate":
            return outside.uuid()
        if name in self._workflows:
            names = [each for each, _, _ in self._workflows[name].parameters]
            return self.call(self._workflows[name], dict(zip(names, arguments, strict=False)))
        return functions.call(name, arguments)

    def _environment(self, arguments: list[Any]) -> str:
        name, *otherwise = arguments
        found = self._outside.environment(str(name))
        if found is None and not otherwise:
            raise WorkflowError.of("KeyError", f"environment variable not found: {name}")
        return str(otherwise[0] if found is None else found)

    def blocking(self, name: str, given: Any) -> Any:
        """What a `call` step calls."""
        outside = self._outside
        if not isinstance(given, Mapping):
            raise WorkflowError.of("TypeError", f"{name} takes its arguments by name")
        if name in self._workflows:
            return self.call(self._workflows[name], given)
        if name in REQUESTS or name == "http.request":
            method = REQUESTS.get(name) or str(given.get("method", "GET")).upper()
            return outside.request(method, given)
        if name == "sys.sleep":
            return outside.sleep(retries.number(given.get("seconds"), "seconds"))
        if name == "sys.log":
            told = given.get("data", given.get("text", given.get("json")))
            return outside.log(told, str(given.get("severity", "DEFAULT")))
        if name.startswith("googleapis."):
            return connectors.call(name, given, outside)
        return self.function(name, in_order(name, given))

    def is_workflow(self, name: str) -> bool:
        return name in self._workflows

    def count(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise WorkflowError.of("ResourceLimitError", "the execution has too many steps")

    def sleep(self, seconds: float) -> None:
        self._outside.sleep(seconds)


class _Frame:
    """The variables of one workflow, or of a loop within it: what is new in a loop is its own."""

    def __init__(self, execution: _Execution, variables: ChainMap[str, Any]) -> None:
        self._execution = execution
        self._variables = variables

    # ── As a scope of expressions ───────────────────────────────────────────────────

    def variable(self, name: str) -> Any:
        return self._variables[name]

    def has(self, name: str) -> bool:
        return name in self._variables

    def function(self, name: str, arguments: list[Any]) -> Any:
        return self._execution.function(name, arguments)

    def constant(self, name: str) -> Any:
        """A workflow's name stands for it: the predicate of a retry."""
        if self._execution.is_workflow(name):
            return name
        if name not in retries.CONSTANTS:
            raise WorkflowError.of("KeyError", f"key not found: {name.partition('.')[0]}")
        return retries.CONSTANTS[name]

    # ── Steps ───────────────────────────────────────────────────────────────────────

    def steps(self, steps: Steps) -> None:
        """From the first on, or where a step leads within them."""
        places = {name: place for place, (name, _) in enumerate(steps)}
        place = 0
        while place < len(steps):
            self._execution.count()
            name, step = steps[place]
            try:
                target = self._step(step)
            except _Jump as jump:
                target = jump.step
            except WorkflowError as error:
                error.step = error.step or name
                raise
            place += 1
            if target is not None:
                if target not in places:
                    raise _Jump(target)
                place = places[target]

    def _step(self, step: Step) -> str | None:
        kind = kind_of(step)
        getattr(self, f"_{kind}")(step)
        return str(step["next"]) if "next" in step else None

    def _next(self, step: Step) -> None:
        """Where it leads is read by whoever carried it out."""

    def _assign(self, step: Step) -> None:
        for one in step["assign"]:
            for target, value in one.items():
                self._set(str(target), value_of(value, self))

    def _set(self, target: str, value: Any) -> None:
        (name, *keys) = [plain or value_of(f"${{{index}}}", self)
                         for plain, index in _PATH.findall(target)]  # fmt: skip
        if not keys:
            self.put(name, value)
            return
        if name not in self._variables:
            self.put(name, {})
        holder = self._variables[name]
        for key in keys[:-1]:
            holder = member(holder, key)
        if not isinstance(holder, dict):
            member(holder, keys[-1])  # of a list, an item that is there
        holder[keys[-1]] = value

    def put(self, name: str, value: Any) -> None:
        """Where a variable of the name is, or as one of this frame's."""
        holders = [each for each in self._variables.maps if name in each]
        (holders or self._variables.maps)[0][name] = value

    def _call(self, step: Step) -> None:
        given = value_of(step.get("args", {}), self)
        answer = self._execution.blocking(str(step["call"]), given)
        if "result" in step:
            self._set(str(step["result"]), answer)

    def _switch(self, step: Step) -> None:
        for case in step["switch"]:
            if value_of(case["condition"], self) is not True:
                continue
            inner = {key: value for key, value in case.items() if key not in ("condition", "next")}
            if inner:
                self._step(inner)
            if "next" in case:
                raise _Jump(str(case["next"]))
            return

    def _for(self, step: Step) -> None:
        loop = step["for"]
        body = [(str(name), inner) for one in loop["steps"] for name, inner in one.items()]
        own: dict[str, Any] = {}
        frame = _Frame(self._execution, self._variables.new_child(own))
        for position, item in enumerate(self._items(loop)):
            own[str(loop["value"])] = item
            if "index" in loop:
                own[str(loop["index"])] = position
            try:
                frame.steps(body)
            except _Jump as jump:
                if jump.step == "break":
                    return
                if jump.step != "continue":
                    raise

    def _items(self, loop: Mapping[str, Any]) -> Iterable[Any]:
        found = value_of(loop["in"] if "in" in loop else loop["range"], self)
        if not isinstance(found, list):
            raise WorkflowError.of("TypeError", "a loop goes over a list")
        if "in" in loop:
            return list(found)
        if len(found) != 2 or not all(isinstance(one, int) for one in found):
            raise WorkflowError.of("TypeError", "a range is a list of two integers")
        return range(found[0], found[1] + 1)

    def _steps(self, step: Step) -> None:
        self.steps([(str(name), inner) for one in step["steps"] for name, inner in one.items()])

    def _return(self, step: Step) -> None:
        raise _Return(value_of(step["return"], self))

    def _raise(self, step: Step) -> None:
        raise WorkflowError(value_of(step["raise"], self))

    def _try(self, step: Step) -> None:
        body, retry = body_of(step["try"], "try"), value_of(step.get("retry"), self)
        pauses = retries.pauses(retry)
        while True:
            try:
                return self.steps(body)
            except WorkflowError as error:
                pause = next(pauses, None)
                if pause is None or not self._again(retry, error):
                    return self._caught(step, error)
                self._execution.sleep(pause)

    def _again(self, retry: Mapping[str, Any], error: WorkflowError) -> bool:
        predicate = retry.get("predicate")
        found = retries.known(predicate, error.payload)
        if found is None:
            return self._execution.function(str(predicate), [error.payload]) is True
        return found

    def _caught(self, step: Step, error: WorkflowError) -> None:
        handler = step.get("except")
        if not handler:
            raise error
        self._variables[str(handler.get("as", "e"))] = error.payload
        self.steps([(str(name), inner) for one in handler["steps"] for name, inner in one.items()])
