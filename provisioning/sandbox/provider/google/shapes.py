"""Properties between the program's spelling and that of Google's REST APIs.

The bridge puts lists into the plural, and makes records of lists of one; the APIs do neither.
`api` is a property's name there, where it differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.provider.properties import Kind, Property
from provisioning.sandbox.provider.values import Properties


def to_rest(fields: Mapping[str, Property], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, in the API's spelling; what only the provider knows stays out."""
    return {
        prop.api or name: _out(prop, values[name])
        for name, prop in fields.items()
        if not prop.local and values.get(name) is not None
    }


def from_rest(fields: Mapping[str, Property], answer: Mapping[str, Any]) -> Properties:
    """What the API shows, in the program's spelling; what is empty stays out."""
    found = {
        name: _in(prop, answer[prop.api or name])
        for name, prop in fields.items()
        if answer.get(prop.api or name) not in (None, "", [], {})
    }
    return {name: value for name, value in found.items() if value not in (None, {})}


def _out(prop: Property, value: Any) -> Any:
    if prop.encode:
        return prop.encode(value)
    if prop.kind is Kind.RECORD:
        return to_rest(prop.fields, value)
    if prop.kind is Kind.LIST and prop.item is not None:
        return [_out(prop.item, one) for one in value]
    return value


def _in(prop: Property, value: Any) -> Any:
    if prop.decode:
        return prop.decode(value)
    if prop.kind is Kind.RECORD:
        return from_rest(prop.fields, value)
    if prop.kind is Kind.LIST and prop.item is not None:
        return [_in(prop.item, one) for one in value]
    # 64 bits travel as text.
    return int(value) if prop.kind is Kind.INTEGER else value
