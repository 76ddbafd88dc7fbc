"""Carrying out a workflow, step by step.

An execution may wait: for a retry, or because it sleeps. It is then carried out again from its
beginning, with what its calls came to the first time; so nothing of it has to be kept but that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from provisioning.sandbox.google.workflows import functions
from provisioning.sandbox.google.workflows.errors import WorkflowError
from provisioning.sandbox.google.workflows.expressions import member, value_of
from provisioning.sandbox.google.workflows.source import Step, Steps, Workflow, body_of, kind_of

MOST_STEPS = 100_000
_PATH = re.compile(r"\.?([A-Za-z_]\w*)|\[([^\]]+)\]")
_REQUESTS = {f"http.{verb}": verb.upper() for verb in ("get", "post", "put", "patch", "delete")}
_BACKOFF = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
_PASSING = "http.default_retry_predicate"
_REFUSED = "http.default_retry_predicate_non_idempotent"
_CODES = {_PASSING: (429, 502, 503, 504), _REFUSED: (429, 503)}
_CONSTANTS: dict[str, Any] = {
    _PASSING: _PASSING,
    _REFUSED: _REFUSED,
    "http.default_retry": {"predicate": _PASSING, "max_retries": 5, "backoff": _BACKOFF},
    "http.default_retry_non_idempotent": {
        "predicate": _REFUSED, "max_retries": 5, "backoff": _BACKOFF,
    },
}  # fmt: skip


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

    def main(self, argument: Any) -> Any:
        main = self._workflows["main"]
        given = {name: argument for name, _, _ in main.parameters}
        return self.call(main, given)

    def call(self, workflow: Workflow, given: Mapping[str, Any]) -> Any:
        variables: dict[str, Any] = {}
        for name, default, optional in workflow.parameters:
            if name not in given and not optional:
                raise WorkflowError.of("KeyError", f"missing argument: {name}")
            variables[name] = given.get(name, default)
        try:
            _Frame(self, variables).steps(workflow.steps)
        except _Return as returned:
            return returned.value
        except _Jump as jump:
            if jump.step != "end":
                message = f"step not found: {jump.step}"
                raise WorkflowError.of("KeyError", message) from jump
        return None

    def function(self, name: str, arguments: Any) -> Any:
        """Called with a map of named arguments, or with a list where it stands in an expression."""
        outside = self._outside
        if name == "sys.get_env":
            return self._environment(arguments)
        if name == "sys.now":
            return outside.now()
        if name == "uuid.generate":
            return outside.uuid()
        if name in self._workflows and isinstance(arguments, list):
            names = [each for each, _, _ in self._workflows[name].parameters]
            return self.call(self._workflows[name], dict(zip(names, arguments, strict=False)))
        return functions.call(name, list(arguments))

    def _environment(self, arguments: list[Any]) -> str:
        name, *otherwise = arguments
        found = self._outside.environment(str(name))
        if found is None and not otherwise:
            raise WorkflowError.of("KeyError", f"environment variable not found: {name}")
        return str(otherwise[0] if found is None else found)

    def blocking(self, name: str, given: Mapping[str, Any]) -> Any:
        """What a `call` step calls."""
        outside = self._outside
        if name in _REQUESTS or name == "http.request":
            method = _REQUESTS.get(name) or str(given.get("method", "GET")).upper()
            return outside.request(method, given)
        if name == "sys.sleep":
            return outside.sleep(float(given["seconds"]))
        if name == "sys.log":
            told = given.get("data", given.get("text", given.get("json")))
            return outside.log(told, str(given.get("severity", "DEFAULT")))
        if name in self._workflows:
            return self.call(self._workflows[name], given)
        return self.function(name, [*given.values()])

    def count(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise WorkflowError.of("ResourceLimitError", "the execution has too many steps")

    def sleep(self, seconds: float) -> None:
        self._outside.sleep(seconds)


class _Frame:
    """The variables of one workflow, and the step that it is at."""

    def __init__(self, execution: _Execution, variables: dict[str, Any]) -> None:
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
        if name not in _CONSTANTS:
            raise WorkflowError.of("KeyError", f"key not found: {name.partition('.')[0]}")
        return _CONSTANTS[name]

    # ── Steps ───────────────────────────────────────────────────────────────────────

    def steps(self, steps: Steps) -> None:
        """From the first on, or where a step leads within them."""
        places = {name: place for place, (name, _) in enumerate(steps)}
        place = 0
        while place < len(steps):
            self._execution.count()
            _, step = steps[place]
            try:
                target = self._step(step)
            except _Jump as jump:
                target = jump.step
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
            self._variables[name] = value
            return
        holder = self._variables.setdefault(name, {})
        for key in keys[:-1]:
            holder = member(holder, key)
        holder[keys[-1]] = value

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
        for position, item in enumerate(self._items(loop)):
            self._variables[str(loop["value"])] = item
            if "index" in loop:
                self._variables[str(loop["index"])] = position
            try:
                self.steps(body)
            except _Jump as jump:
                if jump.step == "break":
                    return
                if jump.step != "continue":
                    raise

    def _items(self, loop: Mapping[str, Any]) -> Any:
        if "in" in loop:
            found = value_of(loop["in"], self)
            return list(found)
        first, last = value_of(loop["range"], self)
        return range(first, last + 1)

    def _steps(self, step: Step) -> None:
        self.steps([(str(name), inner) for one in step["steps"] for name, inner in one.items()])

    def _return(self, step: Step) -> None:
        raise _Return(value_of(step["return"], self))

    def _raise(self, step: Step) -> None:
        raise WorkflowError(value_of(step["raise"], self))

    def _try(self, step: Step) -> None:
        body, retry = body_of(step["try"], "try"), value_of(step.get("retry"), self)
        pauses = _pauses(retry)
        while True:
            try:
                return self.steps(body)
            except WorkflowError as error:
                pause = next(pauses, None) if self._again(retry, error) else None
                if pause is None:
                    return self._caught(step, error)
                self._execution.sleep(pause)

    def _again(self, retry: Any, error: WorkflowError) -> bool:
        if not retry:
            return False
        predicate = retry.get("predicate")
        payload = error.payload if isinstance(error.payload, Mapping) else {}
        if predicate in _CODES:
            lost = {"ConnectionError", "TimeoutError"} & set(payload.get("tags", ()))
            return payload.get("code") in _CODES[predicate] or bool(lost)
        return bool(self._execution.function(str(predicate), [error.payload]))

    def _caught(self, step: Step, error: WorkflowError) -> None:
        handler = step.get("except")
        if not handler:
            raise error
        self._variables[str(handler.get("as", "e"))] = error.payload
        self.steps([(str(name), inner) for one in handler["steps"] for name, inner in one.items()])


def _pauses(retry: Any) -> Any:
    if not retry:
        return
    backoff = {**_BACKOFF, **retry.get("backoff", {})}
    pause = float(backoff["initial_delay"])
    for _ in range(int(retry.get("max_retries", 5))):
        yield min(pause, float(backoff["max_delay"]))
        pause *= float(backoff["multiplier"])
