"""One activity at work, and what its type may say of how it goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from provisioning.sandbox.azure.datafactory.activities import Activity, properties
from provisioning.sandbox.azure.datafactory.expressions.evaluating import Evaluator
from provisioning.sandbox.azure.datafactory.expressions.templates import resolve
from provisioning.sandbox.azure.datafactory.runs.index import RunIndex
from provisioning.sandbox.azure.datafactory.runs.records import ActivityRun, Failure, PipelineRun


@dataclass(frozen=True)
class Done:
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    failure: Failure
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Later:
    """Ask again after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Inside:
    """The scopes of these labels begin now; each tells when it has ended."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """Somebody else will say when it goes on."""


@dataclass(frozen=True)
class Outside:
    """Work in real time, outside of the world's lock. It must end by itself."""

    work: Callable[[], Done | Failed]


Surrounding = Mapping[str, Callable[..., Any]]
Outcome = Done | Failed | Later | Inside | Waiting | Outside


def failed(code: str, message: str, **output: Any) -> Failed:
    return Failed(Failure(code=code, message=message), output)


class Step:
    def __init__(
        self,
        *,
        run: PipelineRun,
        record: ActivityRun,
        spec: Activity,
        index: RunIndex,
        functions: Surrounding,
        now: float,
    ) -> None:
        self.run = run
        self.record = record
        self.spec = spec
        self.index = index
        self.now = now
        self._functions = functions

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def memory(self) -> dict[str, Any]:
        return self.record.memory

    @property
    def raw(self) -> dict[str, Any]:
        """The type properties as they are written."""
        return properties(self.spec)

    def resolve(self, value: Any, **functions: Callable[..., Any]) -> Any:
        """`functions` stand in for those of the surroundings. Raises ExpressionError."""
        return resolve(value, Evaluator({**self._functions, **functions}, now=self.now))

    def given(self, *names: str) -> Any:
        """One of the type properties, resolved; of several the first that is there."""
        found = next((self.raw[name] for name in names if self.raw.get(name) is not None), None)
        return self.resolve(found)

    @cached_property
    def chance(self) -> random.Random:
        """The same each time: it depends on names and times only."""
        record = self.record
        seed = f"{record.type}\n{record.name}\n{record.scope}\n{record.attempt}\n{self.run.begun}"
        return random.Random(seed)  # noqa: S311

    def seconds(self, low: float, high: float) -> float:
        return round(self.chance.uniform(low, high), 3)


class ActivityType:
    """What one type of activity does. Expressions that fail make the activity fail."""

    # Type properties that are not resolved for the input that people see.
    hidden: tuple[str, ...] = ()

    def begin(self, step: Step) -> Outcome:
        raise NotImplementedError

    def resume(self, step: Step) -> Outcome:
        """After the time that a `Later` asked for."""
        return Done(step.memory.get("output", {}))

    def inner_ended(self, step: Step, label: str, failure: Failure | None) -> Outcome:
        """A scope inside of it has ended."""
        raise NotImplementedError

    def child_ended(self, step: Step, child: PipelineRun) -> Outcome:
        """The run that it waits for has ended."""
        raise NotImplementedError
