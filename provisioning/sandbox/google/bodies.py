"""A request's body, held against the schema that Google publishes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.rest import RestError

_WHOLE = re.compile(r"-?\d+")
_LONG = ("int64", "uint64")


@dataclass(frozen=True)
class Bodies:
    """The schemas of one API. A tolerant API passes over names that it does not know."""

    schemas: Mapping[str, Any]
    tolerant: bool = False

    def checked(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with the published spelling of names, without what only the cloud sets
        and without nulls. Raises INVALID_ARGUMENT in the words of Google's own front end."""
        short = re.sub(r"^Google.*V\d+(alpha|beta)?\d*", "", name)
        at = "" if name.endswith("Request") else snake(short)
        found: dict[str, Any] = self._object(self.schemas[name], body, at)
        return found

    def _value(self, schema: Mapping[str, Any], value: Any, at: str) -> Any:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            return self._object(schema, value, at)
        if kind == "array":
            items = value if isinstance(value, list) else [value]
            return [self._value(schema["items"], one, f"{at}[{n}]") for n, one in enumerate(items)]
        return value if kind == "any" else _scalar(schema, value, at)

    def _object(self, schema: Mapping[str, Any], value: Any, at: str) -> Any:
        if not isinstance(value, Mapping):
            raise _invalid(at, "TYPE_MESSAGE", value)
        if "properties" not in schema:
            item = schema.get("additionalProperties", {})
            given = {key: one for key, one in value.items() if one is not None}
            return {key: self._value(item, one, f"{at}[{key}]") for key, one in given.items()}
        known = schema["properties"]
        found = {}
        for key, one in value.items():
            name = key if key in known else camel(key)
            if name not in known:
                self._unknown(key, at)
            elif one is not None and not known[name].get("readOnly"):
                path = f"{at}.{snake(name)}" if at else snake(name)
                found[name] = self._value(known[name], one, path)
        return found

    def _unknown(self, name: str, at: str) -> None:
        if not self.tolerant and not name.startswith("@"):
            place = f" at '{at}'" if at else ""
            message = f'Invalid JSON payload received. Unknown name "{name}"{place}'
            raise _violation(at, f"{message}: Cannot find field.")


def _scalar(schema: Mapping[str, Any], value: Any, at: str) -> Any:
    kind, form = schema["type"], schema.get("format", "")
    if kind == "boolean":
        if not isinstance(value, bool):
            raise _invalid(at, "TYPE_BOOL", value)
    elif form in _LONG or kind == "integer":
        return _integer(value, form, at)
    elif kind == "number":
        return _number(value, at)
    elif not isinstance(value, str):
        raise _invalid(at, "TYPE_STRING", value)
    elif schema.get("enum") and value not in schema["enum"]:
        raise _invalid(at, "TYPE_ENUM", value)
    return value


def _integer(value: Any, form: str, at: str) -> Any:
    """64 bits travel as text, for the sake of JavaScript."""
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)
    if isinstance(value, bool) or not _WHOLE.fullmatch(text):
        raise _invalid(at, f"TYPE_{(form or 'int32').upper()}", value)
    return text if form in _LONG else int(text)


def _number(value: Any, at: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise _invalid(at, "TYPE_DOUBLE", value) from error


def _invalid(at: str, kind: str, value: Any) -> RestError:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return _violation(at, f"Invalid value at '{at}' ({kind}), {shown}")


def _violation(at: str, message: str) -> RestError:
    violation = {"field": at, "description": message}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return refusal("INVALID_ARGUMENT", message, details=[detail])


def snake(name: str) -> str:
    """`displayName` as the messages and masks write it: `display_name`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
