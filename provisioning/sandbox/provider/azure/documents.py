"""Documents of Data Factory: the provider has `typeProperties` flat, Azure has them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.sandbox.azure.datafactory.types import Family, type_properties

Document = dict[str, Any]

# Where a container has its inner activities.
_INNER = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")
# In both places in Azure's descriptions; the provider has it once.
_BESIDE = {"datasets": ("schema",)}
# The provider leaves these as Azure has them.
_NESTED = {"linkedServices": ("Web",)}
# What the provider calls otherwise.
_RENAMED = {"SparkJob": {"arguments": "args"}}


def nested(family: Family, document: Mapping[str, Any]) -> Document:
    """As Azure has it."""
    kind = str(document.get("type"))
    known = type_properties(family, kind)
    if known is None or kind in _NESTED.get(family, ()):
        return dict(document)
    renamed = _RENAMED.get(kind, {})
    spelled = {renamed.get(name, name): value for name, value in document.items()}
    inside = known.names - set(_BESIDE.get(family, ()))
    inner = {name: value for name, value in spelled.items() if name in inside}
    outer = {name: value for name, value in spelled.items() if name not in inside}
    inner = _with_inner(inner, nested) if family == "activities" else inner
    return {**outer, "typeProperties": inner} if inner else outer


def flat(family: Family, document: Mapping[str, Any]) -> Document:
    """As the provider has it."""
    kind = str(document.get("type"))
    if kind in _NESTED.get(family, ()):
        return dict(document)
    renamed = {wire: name for name, wire in _RENAMED.get(kind, {}).items()}
    inner = {
        renamed.get(name, name): value
        for name, value in (document.get("typeProperties") or {}).items()
    }
    outer = {name: value for name, value in document.items() if name != "typeProperties"}
    inner = _with_inner(inner, flat) if family == "activities" else inner
    return {**inner, **outer}


def _with_inner(
    found: Document, change: Callable[[Family, Mapping[str, Any]], Document]
) -> Document:
    """The same change to the activities inside of a container."""
    changed = {
        name: [change("activities", each) for each in value]
        if name in _INNER and isinstance(value, list)
        else value
        for name, value in found.items()
    }
    cases = changed.get("cases")
    if isinstance(cases, list):
        changed["cases"] = [
            {**case, "activities": [change("activities", each) for each in case["activities"]]}
            if isinstance(case.get("activities"), list)
            else case
            for case in cases
        ]
    return changed
