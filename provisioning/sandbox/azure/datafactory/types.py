"""The types of activities, triggers, linked services and datasets, and what each is made of.

`types.json` says, by type, which of its properties stand in its `typeProperties`. It is what
the models of azure-mgmt-datafactory say, as far as pulumi-azure-native agrees.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Family = Literal["activities", "triggers", "linkedServices", "datasets"]


@dataclass(frozen=True)
class TypeProperties:
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self.required, *self.optional))


def type_properties(family: Family, type: str) -> TypeProperties | None:
    """None of a type that Data Factory does not have."""
    return _table()[family].get(type)


@cache
def _table() -> dict[str, dict[str, TypeProperties]]:
    read = json.loads((Path(__file__).parent / "types.json").read_text("utf-8"))
    return {
        family: {
            name: TypeProperties(tuple(each["required"]), tuple(each["optional"]))
            for name, each in types.items()
        }
        for family, types in read.items()
    }
