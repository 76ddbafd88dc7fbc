"""Finding a trigger of a stack."""

from __future__ import annotations

from provisioning.contracts import StackSpec, TriggerSpec
from provisioning.errors import NotPossible


def trigger_with(spec: StackSpec, key: str) -> TriggerSpec:
    found = next((each for each in spec.triggers if each.key == key), None)
    if found is None:
        raise NotPossible(f"This pipeline has no trigger '{key}'.")
    return found
