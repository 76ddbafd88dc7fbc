"""What a resource type's properties are: kind, limits, defaults, and what a change of one does.

One description serves Check, Diff, Read and the translation to the cloud's own field names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    TEXT = "string"
    INTEGER = "number"
    BOOLEAN = "bool"
    RECORD = "object"
    LIST = "list"
    MAP = "map"
    ANY = "any"


Rule = Callable[[Any], str | None]
Same = Callable[[Any, Any], bool]


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property. `low` and `high` limit a number's value or a text's length."""

    kind: Kind
    required: bool = False
    default: Any = None
    replaces: bool = False
    # The cloud fills it in: leaving it out is no wish to clear it.
    computed: bool = False
    # Only the provider knows it; the cloud cannot tell it back.
    local: bool = False
    low: int | None = None
    high: int | None = None
    pattern: str = ""
    choices: tuple[str, ...] = ()
    rule: Rule | None = None
    same: Same | None = None
    fields: Mapping[str, Property] = field(default_factory=dict)
    item: Property | None = None
    # A list whose order has no meaning.
    is_set: bool = False
    # A text that may be given as an object, which becomes its JSON.
    document: bool = False
    # In a value of any kind: members that only the cloud fills in, and what it shows instead
    # of something secret.
    told: tuple[str, ...] = ()
    mask: str = ""
    # The cloud's name for it, where that is not just the name with a capital letter, and
    # the change of its value where the cloud's shape is another.
    api: str = ""
    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any], Any] | None = None


def text(**more: Any) -> Property:
    return Property(kind=Kind.TEXT, **more)


def integer(**more: Any) -> Property:
    return Property(kind=Kind.INTEGER, **more)


def boolean(**more: Any) -> Property:
    return Property(kind=Kind.BOOLEAN, **more)


def record(fields: Mapping[str, Property], **more: Any) -> Property:
    return Property(kind=Kind.RECORD, fields=fields, **more)


def listed(item: Property, **more: Any) -> Property:
    return Property(kind=Kind.LIST, item=item, **more)


def mapped(item: Property, **more: Any) -> Property:
    return Property(kind=Kind.MAP, item=item, **more)


def anything(**more: Any) -> Property:
    """A JSON value whose form the provider does not look at; changes are told leaf by leaf."""
    return Property(kind=Kind.ANY, **more)


def inside(name: str) -> dict[str, Any]:
    """For a value that the cloud has one level down, as the only member of a record."""
    return {"encode": lambda value: {name: value}, "decode": lambda found: found.get(name)}


def to_api(fields: Mapping[str, Property], values: Mapping[str, Any]) -> dict[str, Any]:
    """A record in the cloud's spelling; absent fields stay absent."""
    return {
        fields[name].api or _capital(name): value_to_api(fields[name], value)
        for name, value in values.items()
        if name in fields and value is not None
    }


def value_to_api(prop: Property, value: Any) -> Any:
    if prop.kind is Kind.RECORD:
        value = to_api(prop.fields, value)
    elif prop.kind is Kind.LIST and prop.item is not None:
        value = [value_to_api(prop.item, item) for item in value]
    return prop.encode(value) if prop.encode else value


def from_api(fields: Mapping[str, Property], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `to_api`; what the cloud leaves out, or leaves empty, stays out."""
    values: dict[str, Any] = {}
    for name, prop in fields.items():
        found = answer.get(prop.api or _capital(name))
        if found not in (None, "", [], {}):
            values[name] = value_from_api(prop, found)
    return values


def value_from_api(prop: Property, found: Any) -> Any:
    if prop.decode:
        found = prop.decode(found)
    if prop.kind is Kind.RECORD:
        return from_api(prop.fields, found)
    if prop.kind is Kind.LIST and prop.item is not None:
        return [value_from_api(prop.item, item) for item in found]
    return found


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
