"""Check inputs against a type's properties: coerce, fill defaults, and say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.provider.documents import as_text
from provisioning.sandbox.provider.paths import snake, written
from provisioning.sandbox.provider.properties import Kind, Property
from provisioning.sandbox.provider.values import Path, Properties, is_unknown


@dataclass(frozen=True)
class Failure:
    """A reason to refuse; `path` is empty when it is about the resource as a whole."""

    path: Path
    reason: str

    @property
    def property(self) -> str:
        return written(self.path)


def check(
    fields: Mapping[str, Property], inputs: Mapping[str, Any], *, at: Path = ()
) -> tuple[Properties, list[Failure]]:
    failures = [
        Failure((*at, name), f'Invalid or unknown key "{name}"')
        for name in inputs
        if name not in fields and not name.startswith("__")
    ]
    checked: Properties = {}
    for name, prop in fields.items():
        value = inputs.get(name)
        if value is None and prop.default is not None:
            value = prop.default
        if value is None:
            if prop.required:
                failures.append(_missing((*at, name)))
            continue
        checked[name], wrong = check_value(prop, value, at=(*at, name))
        failures.extend(wrong)
    return checked, failures


def check_value(prop: Property, value: Any, *, at: Path) -> tuple[Any, list[Failure]]:
    if is_unknown(value):
        return value, []
    try:
        value = _coerced(prop, value)
    except ValueError:
        reason = f"expected a value of type {prop.kind.value}, got {type(value).__name__}"
        return value, [Failure(at, reason)]
    if prop.kind is Kind.RECORD:
        return check(prop.fields, value, at=at)
    if prop.item is not None:
        return _check_items(prop.item, value, at=at)
    broken = _broken_limit(prop, snake(str(at[-1])), value)
    return value, [Failure(at, broken)] if broken else []


def _missing(path: Path) -> Failure:
    name = snake(str(path[-1]))
    return Failure(
        path,
        f'Missing required argument: The argument "{name}" is required, '
        "but no definition was found.",
    )


def _check_items(item: Property, value: Any, *, at: Path) -> tuple[Any, list[Failure]]:
    failures: list[Failure] = []
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    checked = {}
    for step, one in pairs:
        checked[step], wrong = check_value(item, one, at=(*at, step))
        failures.extend(wrong)
    return (checked if isinstance(value, Mapping) else list(checked.values())), failures


def _coerced(prop: Property, value: Any) -> Any:
    """The value in its property's type, with the conversions that the real providers make."""
    if prop.kind is Kind.ANY:
        return value
    if prop.kind is Kind.TEXT:
        return as_text(value) if prop.document else _as_text(value)
    if prop.kind is Kind.INTEGER:
        return _as_integer(value)
    if prop.kind is Kind.BOOLEAN:
        return _as_boolean(value)
    wanted: type = list if prop.kind is Kind.LIST else dict
    if not isinstance(value, wanted):
        raise ValueError(prop.kind)
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError(value)


def _as_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(value)
    return int(value)


def _as_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError(value)


def _broken_limit(prop: Property, name: str, value: Any) -> str | None:
    size = value if prop.kind is Kind.INTEGER else len(value) if isinstance(value, str) else None
    if size is not None and not _within(prop, size):
        return _out_of_range(prop, name, value)
    if prop.choices and value not in prop.choices:
        allowed = ", ".join(f'"{choice}"' for choice in prop.choices)
        return f"expected {name} to be one of [{allowed}], got {value}"
    if prop.pattern and not re.fullmatch(prop.pattern, value):
        return f"invalid value for {name} (must match {prop.pattern}): {value}"
    return prop.rule(value) if prop.rule else None


def _within(prop: Property, size: int) -> bool:
    return (prop.low is None or size >= prop.low) and (prop.high is None or size <= prop.high)


def _out_of_range(prop: Property, name: str, value: Any) -> str:
    low = 0 if prop.low is None else prop.low
    limits = f"{low} - {prop.high}" if prop.high is not None else f"at least {low}"
    if prop.kind is Kind.INTEGER:
        return f"expected {name} to be in the range ({limits}), got {value}"
    return f"expected length of {name} to be in the range ({limits}), got {value}"
