"""What the fields of a form of steps must be together: names, references, branches, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from provisioning.errors import Problem

from ..common.graph import cycle
from ..common.texts import texts
from . import values
from .references import EXECUTION_VARIABLES, Reference, references
from .settings import PipelineParameter, Settings
from .steps import (
    ConditionStep,
    MetricValue,
    ProcessingStep,
    RegisterModelStep,
    Step,
    TrainingStep,
)


def problems(settings: Settings) -> list[Problem]:
    if not settings.steps:
        return [Problem("steps", "Add at least one step.", "required")]
    found = [*_names(settings), *_parameters(settings)]
    known = Known(settings)
    for position, step in enumerate(settings.steps):
        found += known.problems(step, f"steps.{position}")
    return found or known.order_problems()


def _names(settings: Settings) -> Iterator[Problem]:
    for field, named in (("steps", settings.steps), ("parameters", settings.parameters)):
        yield from _repeated(field, [each.name for each in named])
    for position, step in enumerate(settings.steps):
        for part in ("inputs", "outputs", "channels", "metrics"):
            inner = [each.name for each in getattr(step, part, [])]
            yield from _repeated(f"steps.{position}.{part}", inner)


def _repeated(field: str, names: list[str]) -> Iterator[Problem]:
    times = Counter(names)
    for position, name in enumerate(names):
        if times[name] > 1 and name in names[:position]:
            yield Problem(f"{field}.{position}.name", f"'{name}' is there already.", "duplicate")


def _parameters(settings: Settings) -> Iterator[Problem]:
    for position, parameter in enumerate(settings.parameters):
        yield from _parameter(parameter, f"parameters.{position}")


def _parameter(parameter: PipelineParameter, field: str) -> Iterator[Problem]:
    if parameter.enum and parameter.type != "String":
        yield Problem(f"{field}.enum", "SageMaker limits only String parameters to a list.")
    if parameter.default is None:
        return
    problem = values.problem(parameter.default, parameter.type)
    if problem:
        yield Problem(f"{field}.default", problem)
    elif parameter.enum and parameter.default not in parameter.enum:
        yield Problem(f"{field}.default", "This is not one of the allowed values.")


class Known:
    """What steps can refer to, and the branches that they stand in."""

    def __init__(self, settings: Settings) -> None:
        self.steps: dict[str, Step] = {step.name: step for step in settings.steps}
        self.positions = {step.name: at for at, step in enumerate(settings.steps)}
        self.types = {each.name: each.type for each in settings.parameters}
        self.branches: dict[str, tuple[str, str]] = {}  # step → (condition, branch)
        for step in settings.steps:
            for branch, name in _branched(step):
                self.branches.setdefault(name, (step.name, branch))

    def problems(self, step: Step, field: str) -> Iterator[Problem]:
        for position, name in enumerate(step.depends_on):
            yield from self._step(name, f"{field}.depends_on.{position}")
        for path, text in texts(step.model_dump(), field):
            for reference in references(text):
                yield from self._reference(reference, path)
        if isinstance(step, RegisterModelStep):
            yield from self._training(step.training_step, f"{field}.training_step")
        if isinstance(step, ConditionStep):
            yield from self._condition(step, field)

    def order_problems(self) -> list[Problem]:
        """Asked when every name is known."""
        waits = {name: self.waits_for(step) for name, step in self.steps.items()}
        if walk := cycle(waits):
            at = self.positions[walk[0]]
            message = f"Steps wait for each other: {' → '.join(reversed(walk))}."
            return [Problem(f"steps.{at}.depends_on", message, "cycle")]
        return [
            problem for name, before in waits.items() for problem in self._outside(name, before)
        ]

    def waits_for(self, step: Step) -> list[str]:
        before = [*step.depends_on]
        for _, text in texts(step.model_dump(), ""):
            before += [each.step for each in references(text) if each.step]
        if isinstance(step, RegisterModelStep):
            before.append(step.training_step)
        if isinstance(step, ConditionStep) and isinstance(step.left, MetricValue):
            before.append(step.left.step)
        if step.name in self.branches:
            before.append(self.branches[step.name][0])
        return list(dict.fromkeys(before))

    def _outside(self, name: str, before: list[str]) -> Iterator[Problem]:
        """A step must not wait for one that a branch may skip."""
        for other in before:
            branch = self.branches.get(other)
            if branch and branch != self.branches.get(name):
                field = f"steps.{self.positions[name]}.depends_on"
                message = (
                    f"'{other}' runs only in a branch of '{branch[0]}', so '{name}' "
                    "may wait for ever. Put both into the same branch."
                )
                yield Problem(field, message, "branch")

    def _step(self, name: str, field: str) -> Iterator[Problem]:
        if name not in self.steps:
            yield Problem(field, f"There is no step '{name}'.", "unknown")

    def _training(self, name: str, field: str) -> Iterator[Problem]:
        yield from self._step(name, field)
        if name in self.steps and not isinstance(self.steps[name], TrainingStep):
            yield Problem(field, f"'{name}' is not a training step.")

    def _parameter(self, name: str, field: str) -> Iterator[Problem]:
        if name not in self.types:
            yield Problem(field, f"There is no parameter '{name}'.", "unknown")

    def _reference(self, reference: Reference, field: str) -> Iterator[Problem]:
        if reference.parameter is not None:
            yield from self._parameter(reference.parameter, field)
        elif reference.variable is not None:
            if reference.variable not in EXECUTION_VARIABLES:
                known = ", ".join(EXECUTION_VARIABLES)
                yield Problem(field, f"A run has no '{reference.variable}'. It has: {known}.")
        elif not reference.understood:
            yield Problem(field, "Write ${Steps.<step>.Outputs.<output>} or ${Steps.<step>.Model}.")
        elif reference.output is None:
            yield from self._training(str(reference.step), field)
        else:
            yield from self._output(str(reference.step), reference.output, field)

    def _output(self, name: str, output: str, field: str) -> Iterator[Problem]:
        yield from self._step(name, field)
        step = self.steps.get(name)
        if step is None:
            return
        outputs = [each.name for each in step.outputs] if isinstance(step, ProcessingStep) else []
        if output not in outputs:
            yield Problem(field, f"Step '{name}' has no output '{output}'.", "unknown")

    def _condition(self, step: ConditionStep, field: str) -> Iterator[Problem]:
        if not step.then_steps and not step.else_steps:
            yield Problem(f"{field}.then_steps", "Name a step for at least one branch.", "required")
        for branch, name in _branched(step):
            yield from self._branch(step, branch, name, field)
        if isinstance(step.left, MetricValue):
            yield from self._metric(step.left, f"{field}.left")
            kind = "Float"
        else:
            yield from self._parameter(step.left.parameter, f"{field}.left.parameter")
            kind = self.types.get(step.left.parameter, "String")
        if not references(step.right) and (problem := values.problem(step.right, kind)):
            yield Problem(f"{field}.right", problem)
        if kind in ("String", "Boolean") and step.operator != "Equals":
            yield Problem(f"{field}.operator", "Only numbers are larger or smaller; use Equals.")

    def _metric(self, value: MetricValue, field: str) -> Iterator[Problem]:
        yield from self._training(value.step, f"{field}.step")
        step = self.steps.get(value.step)
        if isinstance(step, TrainingStep) and value.metric not in [m.name for m in step.metrics]:
            message = f"Step '{value.step}' has no metric '{value.metric}'."
            yield Problem(f"{field}.metric", message, "unknown")

    def _branch(self, step: ConditionStep, branch: str, name: str, field: str) -> Iterator[Problem]:
        at = f"{field}.{branch}"
        yield from self._step(name, at)
        if isinstance(self.steps.get(name), ConditionStep):
            # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
            yield Problem(at, "SageMaker allows no condition inside a condition's branch.")
        once = Counter(each for _, each in _branched(step))[name] == 1
        if not once or self.branches.get(name, ("", ""))[0] != step.name:
            yield Problem(at, f"'{name}' may stand in one branch only.", "duplicate")


def _branched(step: Step) -> list[tuple[str, str]]:
    if not isinstance(step, ConditionStep):
        return []
    return [("then_steps", name) for name in step.then_steps] + [
        ("else_steps", name) for name in step.else_steps
    ]
