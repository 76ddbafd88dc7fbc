"""Taking what the cloud has into a definition: only where the definition then says exactly that.

Each way is tried before it is offered: the changed trigger is prepared as for a deployment, and
what comes of it is held against what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from provisioning.contracts import Acceptance, Difference, StackSpec, TriggerSpec
from provisioning.errors import InvalidInput

Prepare = Callable[[StackSpec], StackSpec]
TRIGGER: TypeAdapter[TriggerSpec] = TypeAdapter(TriggerSpec)
GONE = "What is gone can only be restored. To do without it, edit the pipeline."
NO_SETTING = "No setting of this pipeline says it, so it can only be restored."
OTHERWISE = (
    "The pipeline can say it, but would write it otherwise than it stands in the cloud, so the "
    "next deployment would change it again."
)


def trigger_of(spec: StackSpec, name: str) -> TriggerSpec | None:
    """The trigger that a resource belongs to, by its name: "t1", "t1-2", "t1-on-bus"."""
    fitting = [
        each for each in spec.triggers if name == each.key or name.startswith(f"{each.key}-")
    ]
    return max(fitting, key=lambda each: len(each.key), default=None)


def as_field(
    spec: StackSpec,
    trigger: TriggerSpec,
    fields: Mapping[str, Any],
    *,
    prepare: Prepare,
    same: Callable[[StackSpec, TriggerSpec], bool],
) -> Acceptance | str:
    """The trigger with these fields, if a deployment of it would say what was found."""
    try:
        changed = TRIGGER.validate_python({**trigger.model_dump(), **fields})
        rest = tuple(changed if each.key == trigger.key else each for each in spec.triggers)
        prepared = prepare(spec.model_copy(update={"triggers": rest, "natives": {}}))
    except ValidationError:
        return NO_SETTING
    except InvalidInput as error:
        return f"The pipeline cannot be saved so: {error}"
    found = next(each for each in prepared.triggers if each.key == trigger.key)
    return (
        Acceptance(trigger=trigger.key, fields=dict(fields))
        if same(prepared, found)
        else (OTHERWISE)
    )


def as_setting(path: str, value: Any) -> Acceptance | str:
    return NO_SETTING if value is None else Acceptance(settings={path: value})


def by_table(difference: Difference, table: Mapping[tuple[str, str], str]) -> Acceptance | str:
    """Plain settings that a property of the cloud stands for, one to one."""
    path = table.get((difference.kind, difference.path))
    return as_setting(path, difference.found) if path else NO_SETTING
