"""What a form cannot say by itself: whether its fields fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator

from provisioning.errors import Problem

from ..aws_common.parameters import unknown
from ..common.json_lines import read
from ..common.texts import texts
from .definition import FIELD, check_definition, problem, states
from .footprint import ROLES, footprint
from .references import references
from .roles import underived
from .settings import PastedMachine, Settings, TrainingMachine
from .starting import MARK

# What the form's own states put into the data beside the parameters.
RESULTS = ("prepared", "training", "evaluation")
PARTS_OF_A_FUNCTION = 6  # colons in its ARN


def problems(settings: Settings) -> list[Problem]:
    machine = settings.machine
    of_machine = (
        _pasted(machine) if isinstance(machine, PastedMachine) else _training(settings, machine)
    )
    known = {each.name for each in settings.parameters}
    return [
        *of_machine,
        *_failures(settings),
        *_parameters(settings),
        *unknown(settings.starts, known),
    ]


def _failures(settings: Settings) -> Iterator[Problem]:
    """EventBridge is let in by the function; a version or an alias would need leave of its own."""
    if settings.on_failure and settings.on_failure.count(":") > PARTS_OF_A_FUNCTION:
        yield Problem("on_failure", "Name the function itself, without a version or an alias.")


def _parameters(settings: Settings) -> Iterator[Problem]:
    taken = {MARK, *(() if isinstance(settings.machine, PastedMachine) else RESULTS)}
    seen: set[str] = set()
    for position, each in enumerate(settings.parameters):
        field = f"parameters.{position}.name"
        if each.name in taken:
            yield Problem(field, f"The run itself keeps something under '{each.name}'.", "taken")
        elif each.name in seen:
            yield Problem(field, f"There is already a parameter '{each.name}'.", "duplicate")
        seen.add(each.name)


def _training(settings: Settings, machine: TrainingMachine) -> Iterator[Problem]:
    training, at = machine.training, "machine.training"
    known = frozenset(each.name for each in settings.parameters)
    prepares = machine.functions.before is not None
    for field, text in texts(training.model_dump(mode="json"), at):
        for each in references(text):
            if message := each.wrong(known, prepares=prepares):
                yield Problem(field, message, "unknown")
    channels: set[str] = set()
    for position, given in enumerate(training.inputs):
        if given.channel in channels:
            field = f"{at}.inputs.{position}.channel"
            yield Problem(field, f"There is already a channel '{given.channel}'.", "duplicate")
        channels.add(given.channel)
    for name in training.hyperparameters:
        if name.endswith(".$"):
            message = "Step Functions would read this name as an expression: leave out the '.$'."
            yield Problem(f"{at}.hyperparameters.{name}", message)
    if machine.longest_seconds < training.max_runtime_seconds:
        yield Problem(
            "machine.longest_seconds", "The run would end before its job may: give it longer."
        )


def _pasted(machine: PastedMachine) -> Iterator[Problem]:
    if found := check_definition(machine.definition):
        yield from found
        return
    root = read(machine.definition)
    lines = dict(states(root))
    for call, prefix in underived(footprint(json.loads(machine.definition)), machine.permissions):
        message = (
            f"Allow what the state '{call.state}' does under 'Further permissions': an action that "
            f"begins with {prefix}:."
        )
        yield problem(lines[call.state], message)
    for node in root.walk():
        for name in ROLES:
            role = node.get(name)
            if role is not None and role.text is not None and not _is_role(role.text):
                message = f"{name} is the ARN of a role, or ${{JobRoleArn}}."
                yield Problem(FIELD, message, "invalid", role.line)


def _is_role(text: str) -> bool:
    return text.startswith(("arn:", "{%")) or text == "${JobRoleArn}"
