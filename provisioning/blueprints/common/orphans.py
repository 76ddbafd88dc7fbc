"""Looking for a resource that a crash may have left, by what its kind is looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound

Inputs = Mapping[str, Any]
Finder = Callable[[Session, StackSpec, Inputs], str | None]


def find(session: Session, spec: StackSpec, inputs: Inputs, finder: Finder | None) -> str | None:
    """None also where nobody knows how to look for that kind."""
    if finder is None:
        return None
    try:
        with cloud_errors("look for what a crash left"):
            return finder(session, spec, inputs)
    except NotFound:
        return None
