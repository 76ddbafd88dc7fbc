"""Parameters for a run, checked before Skyclock promises to start it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from provisioning.contracts import ParameterSpec
from provisioning.errors import InvalidInput, Problem

LONGEST = 4096
KINDS = {
    "integer": "This has to be a whole number.",
    "float": "This has to be a number.",
    "boolean": "This has to be true or false.",
}


def require_fitting(given: Mapping[str, str], specs: Sequence[ParameterSpec]) -> None:
    """InvalidInput at "parameters.<name>" for what cannot be right, or is missing."""
    if found := list(_problems(given, {spec.name: spec for spec in specs})):
        raise InvalidInput(found)


def _problems(given: Mapping[str, str], known: Mapping[str, ParameterSpec]) -> Iterator[Problem]:
    for name, value in given.items():
        field, spec = f"parameters.{name}", known.get(name)
        if spec is None:
            yield Problem(field, f"This pipeline has no parameter '{name}'.", "unknown")
        elif len(value) > LONGEST:
            yield Problem(field, f"At most {LONGEST} characters.")
        elif not _is_a(spec.kind, value):
            yield Problem(field, KINDS[spec.kind])
        elif spec.choices and value not in spec.choices:
            yield Problem(field, f"One of {', '.join(spec.choices)}.")
    for name, spec in known.items():
        if spec.default is None and name not in given:
            yield Problem(f"parameters.{name}", "This has no default: give a value.", "required")


def _is_a(kind: str, value: str) -> bool:
    if kind == "boolean":
        return value.lower() in ("true", "false")
    if kind == "string":
        return True
    if "_" in value:
        return False  # Python would take 1_000, the clouds do not
    try:
        number = int(value) if kind == "integer" else float(value)
    except ValueError:
        return False
    return math.isfinite(number)
