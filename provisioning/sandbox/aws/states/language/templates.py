"""Payload templates: JSON whose fields `name.$` are filled with what a path or a function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.aws.states.language.intrinsics import (
    BadIntrinsic,
    is_intrinsic,
    read_intrinsic,
)
from provisioning.sandbox.aws.states.language.paths import BadPath
from provisioning.sandbox.aws.states.language.scope import Scope, check_path

_MARK = ".$"


def filled(template: Any, scope: Scope) -> Any:
    """Raises EvaluationFailed."""
    if isinstance(template, dict):
        return dict(_field(name, value, scope) for name, value in template.items())
    if isinstance(template, list):
        return [filled(item, scope) for item in template]
    return template


def _field(name: str, value: Any, scope: Scope) -> tuple[str, Any]:
    if not name.endswith(_MARK):
        return name, filled(value, scope)
    found = (
        read_intrinsic(value).of(scope, name)
        if is_intrinsic(value)
        else scope.specified(value, name)
    )
    return name.removesuffix(_MARK), found


def wrong_fields(template: Any) -> Iterator[str]:
    """Names of the fields whose value is neither a path nor a function."""
    if isinstance(template, list):
        for item in template:
            yield from wrong_fields(item)
    if isinstance(template, dict):
        for name, value in template.items():
            if not name.endswith(_MARK):
                yield from wrong_fields(value)
            elif not _readable(value):
                yield name


def _readable(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        if is_intrinsic(value):
            read_intrinsic(value)
        else:
            check_path(value)
    except (BadIntrinsic, BadPath):
        return False
    return True
