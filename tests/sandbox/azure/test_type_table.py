"""The table of types is what the published packages say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pulumi_azure_native.datafactory._inputs as published
import pytest
from azure.mgmt.datafactory import models

from provisioning.sandbox.azure.datafactory.types import Family, type_properties

FAMILIES: dict[Family, type] = {
    "activities": models.Activity,
    "triggers": models.Trigger,
    "linkedServices": models.LinkedService,
    "datasets": models.Dataset,
}
# They stand for others, and are never sent.
ABSTRACT = ("Container", "Execution", "MultiplePipelineTrigger")
# What pulumi-azure-native calls otherwise, or leaves nested.
OTHERWISE = ("SparkJob", "Web")


def descendants(cls: type) -> Iterator[type]:
    for each in cls.__subclasses__():
        yield each
        yield from descendants(each)


def rest_fields(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if type(value).__name__ == "_RestField":
                hint = vars(base).get("__annotations__", {}).get(name)
                found.setdefault(value._rest_name_input or name, hint)
    return found


def published_types(family: Family) -> Iterator[tuple[str, type]]:
    for cls in descendants(FAMILIES[family]):
        hint = str(vars(cls).get("__annotations__", {}).get("type", ""))
        named = re.search(r"Literal\[['\"]?(.+?)['\"]?\]", hint)
        if named and named[1] not in ABSTRACT:
            yield named[1], cls


def in_type_properties(cls: type) -> set[str]:
    hint = str(rest_fields(cls).get("typeProperties", ""))
    named = re.search(r"_models\.(\w+)", hint)
    return set(rest_fields(getattr(models, named[1]))) if named else set()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_type_has_the_properties_that_its_model_has(family: Family) -> None:
    for name, cls in published_types(family):
        known = type_properties(family, name)
        assert known is not None, name
        assert known.names == in_type_properties(cls), name


@pytest.mark.parametrize("family", FAMILIES)
def test_flattened_they_are_what_the_provider_takes(family: Family) -> None:
    for name, cls in published_types(family):
        known = type_properties(family, name)
        if name in OTHERWISE or known is None:
            continue
        flat = {
            member.fget._pulumi_name
            for member in vars(getattr(published, f"{cls.__name__}Args")).values()
            if isinstance(member, property)
        }
        beside = set(rest_fields(cls)) - {"typeProperties", "runtimeState"}
        assert flat == known.names | beside, name
