"""The standard library, as far as it needs nothing from outside.
https://cloud.google.com/workflows/docs/reference/stdlib/overview"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from provisioning.sandbox.google.workflows.errors import WorkflowError

Function = Callable[..., Any]


def call(name: str, arguments: list[Any]) -> Any:
    """Raises WorkflowError, also for a function that there is not."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise WorkflowError.of("KeyError", f"function not found: {name}")
    try:
        return function(*arguments)
    except WorkflowError:
        raise
    except (TypeError, AttributeError) as error:
        raise WorkflowError.of("TypeError", f"wrong arguments of {name}") from error
    except (ValueError, KeyError, IndexError, re.error) as error:
        raise WorkflowError.of("ValueError", f"{name}: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: Any) -> int:
    return int(float(value)) if isinstance(value, str) and "." in value else int(value)


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    raise TypeError


def _length(value: Any) -> int:
    if not isinstance(value, (str, list, Mapping)):
        raise TypeError
    return len(value)


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "double", str: "string", list: "list",
             dict: "map", bytes: "bytes", type(None): "null"}  # fmt: skip
    return names[type(value)]


def _get(holder: Any, keys: Any) -> Any:
    """Null where a key is not there, or what it is looked for in is no map."""
    for key in keys if isinstance(keys, list) else [keys]:
        if not isinstance(holder, Mapping) or key not in holder:
            return None
        holder = holder[key]
    return holder


def _delete(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in holder.items() if name != key}


def _merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    return {**first, **second}


def _substring(source: str, start: int, end: int) -> str:
    if not 0 <= start <= end <= len(source):
        raise WorkflowError.of("IndexError", "substring out of range")
    return source[start:end]


def _matches(source: str, pattern: str) -> bool:
    return re.search(_text(pattern), _text(source)) is not None


def _found(source: str, pattern: str) -> list[dict[str, Any]]:
    return [
        {"index": one.start(), "match": one.group()} for one in re.finditer(pattern, _text(source))
    ]


def _decoded(data: Any) -> Any:
    return json.loads(data.decode() if isinstance(data, bytes) else _text(data))


FUNCTIONS: dict[str, Function] = {
    "default": lambda value, otherwise: otherwise if value is None else value,
    "double": float,
    "get_type": _kind,
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "int": _integer,
    "keys": lambda holder: list(holder.keys()),
    "len": _length,
    "string": _string,
    "base64.decode": lambda data: base64.b64decode(_text(data), validate=True),
    "base64.encode": lambda data: base64.b64encode(data).decode(),
    "json.decode": _decoded,
    "json.encode": lambda value: json.dumps(value).encode(),
    "json.encode_to_string": json.dumps,
    "list.concat": lambda items, item: [*items, item],
    "list.prepend": lambda items, item: [item, *items],
    "map.delete": _delete,
    "map.get": _get,
    "map.merge": _merge,
    "math.abs": abs,
    "math.max": max,
    "math.min": min,
    "text.decode": lambda data: data.decode(),
    "text.encode": lambda text: _text(text).encode(),
    "text.find_all": lambda source, part: _found(source, re.escape(part)),
    "text.find_all_regex": _found,
    "text.match_regex": _matches,
    "text.replace_all": lambda source, old, new: _text(source).replace(old, new),
    "text.replace_all_regex": lambda source, old, new: re.sub(old, new, _text(source)),
    "text.split": lambda source, separator: _text(source).split(separator),
    "text.substring": _substring,
    "text.to_lower": lambda text: _text(text).lower(),
    "text.to_upper": lambda text: _text(text).upper(),
    "text.url_decode": lambda text: unquote(_text(text)),
    "text.url_encode": lambda text: quote(_text(text), safe=""),
    "text.url_encode_plus": lambda text: quote_plus(_text(text)),
    "text.url_decode_plus": lambda text: unquote_plus(_text(text)),
}
