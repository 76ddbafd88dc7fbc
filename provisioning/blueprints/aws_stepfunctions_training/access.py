"""Where the jobs of a machine read and write, beyond what its definition names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..aws_common.names import data_bucket
from .references import filled
from .settings import Settings, TrainingMachine

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


def jobs_read(spec: StackSpec, settings: Settings) -> set[str]:
    bucket = data_bucket(spec.slug, spec.account)
    landing = (f"s3://{bucket}/{trigger.prefix}" for trigger in spec.objects)
    machine = settings.machine
    named = machine.training.inputs if isinstance(machine, TrainingMachine) else ()
    sources = _by_default(settings, (each.source for each in named))
    return {*settings.data_access.read, *landing, *sources}


def jobs_write(settings: Settings) -> set[str]:
    machine = settings.machine
    named = [machine.training.output] if isinstance(machine, TrainingMachine) else []
    return {*settings.data_access.write, *_by_default(settings, named)}


def _by_default(settings: Settings, texts: Iterable[str]) -> Iterator[str]:
    """With what runs use that are given nothing."""
    values = {each.name: each.default for each in settings.parameters}
    for text in texts:
        address = filled(text, values)
        if address.startswith("s3://") and address != "s3://":
            yield address
