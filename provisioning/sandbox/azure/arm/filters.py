"""The `$filter` of lists: comparisons joined by `and`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioning.sandbox.azure.arm import tags
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.errors import bad_request

_TERM = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_NAMES = {each.lower(): each for each in
          ("tagName", "tagValue", "resourceType", "resourceGroup", "name", "location")}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    terms: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str | None:
        return next((value for each, value in self.terms if each == name), None)


def parse_filter(text: str) -> Filter:
    """Raises RestError for what the lists cannot be filtered by."""
    terms = []
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text.strip() else []:
        term = _TERM.fullmatch(part)
        if term is None or term[1].lower() not in _NAMES:
            message = f"Invalid $filter '{text}' specified in the query string."
            raise bad_request(message, code="InvalidFilterInQueryString")
        terms.append((_NAMES[term[1].lower()], term[2].replace("''", "'")))
    return Filter(tuple(terms))


def passes(resource: Resource, wanted: Filter) -> bool:
    found = {
        "resourceType": resource.type,
        "resourceGroup": resource.group,
        "name": resource.name,
        "location": resource.location,
    }
    for name, value in wanted.terms:
        if name in found and found[name].lower() != value.lower():
            return False
    tag = wanted.value("tagName")
    return tag is None or tags.matches(resource.tags, name=tag, value=wanted.value("tagValue"))
