"""Records between the provider's names and those of Resource Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.provider.properties import Kind, Property


def to_wire(fields: Mapping[str, Property], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        fields[name].api or name: _value_to_wire(fields[name], value)
        for name, value in values.items()
        if name in fields and value is not None
    }


def from_wire(fields: Mapping[str, Property], found: Mapping[str, Any]) -> dict[str, Any]:
    """What is not described stays out."""
    values: dict[str, Any] = {}
    for name, prop in fields.items():
        value = found.get(prop.api or name)
        if value is not None:
            values[name] = _value_from_wire(prop, value)
    return values


def _value_to_wire(prop: Property, value: Any) -> Any:
    if prop.kind is Kind.RECORD and isinstance(value, Mapping):
        value = to_wire(prop.fields, value)
    elif prop.kind is Kind.LIST and prop.item is not None:
        value = [_value_to_wire(prop.item, each) for each in value]
    elif prop.kind is Kind.MAP and prop.item is not None:
        value = {name: _value_to_wire(prop.item, each) for name, each in value.items()}
    return prop.encode(value) if prop.encode else value


def _value_from_wire(prop: Property, found: Any) -> Any:
    if prop.decode:
        found = prop.decode(found)
    if prop.kind is Kind.RECORD and isinstance(found, Mapping):
        return from_wire(prop.fields, found)
    if prop.kind is Kind.LIST and prop.item is not None and isinstance(found, list):
        return [_value_from_wire(prop.item, each) for each in found]
    if prop.kind is Kind.MAP and prop.item is not None and isinstance(found, Mapping):
        return {name: _value_from_wire(prop.item, each) for name, each in found.items()}
    return found
