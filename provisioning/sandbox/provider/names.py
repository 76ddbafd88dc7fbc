"""Names for resources that were given none: the resource's own name and seven digits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from provisioning.sandbox.provider.values import Properties

DEFAULTS = "__defaults"
_DIGITS = 7


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How a type's name comes about when the program leaves it out."""

    property: str = "name"
    prefix: str | None = "namePrefix"
    longest: int
    # The whole name of the resource's own and 64 hexadecimal digits, where it is made otherwise.
    make: Callable[[str, str], str] | None = None
    change: Callable[[str, Properties], str] | None = None


class NameTooLong(ValueError):
    pass


def fill_name(
    naming: Naming, inputs: Properties, *, olds: Properties, name: str, seed: bytes
) -> None:
    """Put a name into `inputs` and note that it was ours, so that it can change later."""
    if naming.property in inputs or (naming.prefix and naming.prefix in inputs):
        return
    kept = olds.get(naming.property) if naming.property in olds.get(DEFAULTS, []) else None
    inputs[naming.property] = kept or _new_name(naming, inputs, name=name, seed=seed)
    inputs[DEFAULTS] = [naming.property]


def was_chosen_for(naming: Naming, inputs: Properties) -> bool:
    """Whether the name is one that we made up, so that a second resource gets another."""
    return naming.property in inputs.get(DEFAULTS, [])


def _new_name(naming: Naming, inputs: Properties, *, name: str, seed: bytes) -> str:
    digits = hashlib.sha256(seed).hexdigest()
    made = naming.make(name, digits) if naming.make else f"{name}-{digits[:_DIGITS]}"
    if naming.change:
        made = naming.change(made, inputs)
    if len(made) > naming.longest:
        raise NameTooLong(
            f"name '{name}' plus {_DIGITS} random chars is longer than maximum length "
            f"{naming.longest}"
        )
    return made


def prefixed(prefix: str, seed: str) -> str:
    """The name that the provider makes of a `namePrefix`: 26 digits, unique per resource."""
    number = int(hashlib.sha256(seed.encode()).hexdigest(), 16)
    return f"{prefix}{number % 10**26:026d}"
