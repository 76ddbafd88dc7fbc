"""Reads settings that Skyclock has checked already, without pydantic.

The modules beside describe their settings as pydantic's models. Here is as much of it as a
program needs: fields with defaults, models within models, choices between models by a field
that says which. What only checks, or describes a form, is accepted and does nothing.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

Model = TypeVar("Model", bound="BaseModel")
REQUIRED: Any = object()


class Described:
    """What `Field` says that matters here: the default."""

    def __init__(self, default: Any = REQUIRED, **described: Any) -> None:
        factory = described.get("default_factory")
        self.default = factory() if factory else default


class BaseModel:
    def __init__(self, **values: Any) -> None:
        for name in field_names(type(self)):
            value = values[name] if name in values else default_of(type(self), name)
            self.__dict__[name] = value

    @classmethod
    def model_validate(cls: type[Model], given: Mapping[str, Any]) -> Model:
        """The model of a JSON object."""
        kinds = typing.get_type_hints(cls, include_extras=True)
        names = field_names(cls)
        return cls(**{name: read(kinds[name], given[name]) for name in names if name in given})

    def model_copy(self: Model, *, update: Mapping[str, Any]) -> Model:
        return type(self)(**{**self.__dict__, **update})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({said})"

    __hash__ = None  # type: ignore[assignment]


def field_names(model: type) -> list[str]:
    """Of its bases first; a name in capitals or with a leading underscore is no field."""
    found: dict[str, None] = {}
    for each in reversed(model.__mro__):
        for name, kind in inspect.get_annotations(each).items():
            if not name.startswith("_") and "ClassVar" not in str(kind):
                found[name] = None
    return list(found)


def default_of(model: type, name: str) -> Any:
    value = getattr(model, name, REQUIRED)
    value = value.default if isinstance(value, Described) else value
    if value is REQUIRED:
        raise ValueError(f"{model.__name__} needs {name}")
    return value


# ── Values by their kind ────────────────────────────────────────────────────────────


def read(kind: Any, value: Any) -> Any:
    """What a JSON value is as `kind`."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return read(of[0], value)
    if origin in (typing.Union, types.UnionType):
        return next((read(each, value) for each in of if fits(each, value)), value)
    if origin is Literal:
        return next((each for each in of if fits(Literal[each], value)), value)
    if origin in (list, tuple) and isinstance(value, list | tuple):
        return origin(read(of[0], each) for each in value)
    if origin is dict and isinstance(value, Mapping):
        return {name: read(of[1], each) for name, each in value.items()}
    if is_model(kind) and isinstance(value, Mapping):
        return kind.model_validate(value)
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    return float(value) if kind is float and type(value) is int else value


def fits(kind: Any, value: Any) -> bool:
    """Whether a JSON value can be of this kind: what tells the choices of a union apart."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return fits(of[0], value)
    if origin in (typing.Union, types.UnionType):
        return any(fits(each, value) for each in of)
    if origin is Literal:
        return any(isinstance(each, type(value)) and each == value for each in of)
    if is_model(kind):
        return isinstance(value, Mapping) and _is_of(kind, value)
    if kind is type(None):
        return value is None
    if kind is float:
        return type(value) in (int, float)
    if kind is datetime:
        return isinstance(value, str)
    plain = list if origin in (list, tuple) else dict if origin is dict else kind
    return plain is Any or type(value) is plain


def _is_of(model: Any, value: Mapping[str, Any]) -> bool:
    """By its names, and by the fields that have one value only."""
    if not set(value) <= set(field_names(model)):
        return False
    kinds = typing.get_type_hints(model, include_extras=True)
    said = {name for name, kind in kinds.items() if typing.get_origin(kind) is Literal}
    return all(fits(kinds[name], value[name]) for name in said if name in value)


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


# ── What only checks, or describes a form ───────────────────────────────────────────


def ConfigDict(**options: Any) -> dict[str, Any]:
    return options


def Field(default: Any = REQUIRED, **described: Any) -> Any:
    return Described(default, **described)


def StringConstraints(**rules: Any) -> None:
    return None


def AfterValidator(check: Any) -> None:
    return None


def BeforeValidator(check: Any) -> None:
    return None


def model_validator(**when: Any) -> Any:
    return lambda check: check


class PydanticCustomError(ValueError):
    """Raised by checks, which do not run here."""


GetCoreSchemaHandler = GetJsonSchemaHandler = JsonSchemaValue = CoreSchema = core_schema = Any
