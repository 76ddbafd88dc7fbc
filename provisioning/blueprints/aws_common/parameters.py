"""Whether triggers and parameters fit together: what a run is given, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set

from provisioning.contracts import ParameterSpec, ScheduleSpec, StackSpec, TriggerSpec
from provisioning.errors import Problem

from .starts import Starts, given


def unknown(starts: Starts, known: Set[str]) -> Iterator[Problem]:
    """What triggers give a run has to be something that it can be given."""
    named = {
        "bucket_parameter": starts.bucket_parameter,
        "key_parameter": starts.key_parameter,
        **{
            f"event_parameters.{position}.parameter": each.parameter
            for position, each in enumerate(starts.event_parameters)
        },
    }
    for field, name in named.items():
        if name and name not in known:
            yield Problem(f"starts.{field}", f"There is no parameter '{name}'.", "unknown")


def without_value(
    spec: StackSpec,
    parameters: Sequence[ParameterSpec],
    starts: Starts,
    field: Callable[[int], str],
) -> Iterator[Problem]:
    """A trigger cannot ask anybody for a value. `field` is where the default of the parameter
    at a position stands."""
    for position, each in enumerate(parameters):
        if each.default is not None:
            continue
        lacking = [one for one in spec.triggers if each.name not in dict(given(one, starts))]
        if lacking:
            yield Problem(field(position), _needs_default(each, lacking[0]), "required")


def _needs_default(parameter: ParameterSpec, trigger: TriggerSpec) -> str:
    runs = "scheduled runs are" if isinstance(trigger, ScheduleSpec) else "runs that it starts are"
    return f"Parameter '{parameter.name}' needs a default: {runs} given no value for it."
