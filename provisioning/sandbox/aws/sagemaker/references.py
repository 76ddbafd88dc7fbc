"""References inside a pipeline definition: finds them, and puts values in their place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

_TOKEN = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")


class Unresolvable(Exception):
    """A reference leads nowhere; the text says which."""


class Values(Protocol):
    """What references lead to, in one execution."""

    def parameter(self, name: str) -> Any: ...

    def variable(self, name: str) -> str: ...

    def step(self, name: str) -> Mapping[str, Any]: ...

    def property_file(self, step: str, name: str) -> str: ...


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _RESOLVERS


def referred_steps(value: Any) -> set[str]:
    """Names of the steps that a value refers to, however deep."""
    return {path.split(".")[1].split("[")[0] for path in _gets(value) if path.startswith("Steps.")}


def _gets(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("Get"), str):
            yield value["Get"]
        for item in value.values():
            yield from _gets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _gets(item)


def resolve(value: Any, values: Values) -> Any:
    """The value with all references replaced; raises Unresolvable."""
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if is_reference(value):
        name, inner = next(iter(value.items()))
        return _RESOLVERS[name](inner, values)
    return {key: resolve(item, values) for key, item in value.items()}


def _get(path: Any, values: Values) -> Any:
    scope, _, rest = str(path).partition(".")
    if scope == "Parameters":
        return values.parameter(rest)
    if scope == "Execution":
        return values.variable(rest)
    if scope == "Steps":
        name, *tokens = path_tokens(rest)
        return follow(values.step(str(name)), tokens, where=str(path))
    raise Unresolvable(f"Unknown reference '{path}'")


def _join(inner: Mapping[str, Any], values: Values) -> str:
    parts = [resolve(part, values) for part in inner.get("Values", [])]
    return str(inner.get("On", "")).join(_text(part) for part in parts)


def _json_get(inner: Mapping[str, Any], values: Values) -> Any:
    source = inner.get("PropertyFile", {})
    path = source.get("Get", "") if isinstance(source, dict) else str(source)
    tokens = path_tokens(str(path).removeprefix("Steps."))
    if len(tokens) != 3 or tokens[1] != "PropertyFiles":
        raise Unresolvable(f"Unknown property file '{path}'")
    content = json.loads(values.property_file(str(tokens[0]), str(tokens[2])))
    wanted = str(inner.get("Path", ""))
    return follow(content, path_tokens(wanted.removeprefix("$")), where=wanted)


_RESOLVERS: dict[str, Callable[[Any, Values], Any]] = {
    "Get": _get,
    "Std:Join": _join,
    "Std:JsonGet": _json_get,
}


def path_tokens(path: str) -> list[str | int]:
    """`A.B['c'][0]` as ["A", "B", "c", 0]."""
    tokens: list[str | int] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if not match:
            raise Unresolvable(f"'{path}' is not a path")
        name, index, key = match.groups()
        tokens.append(int(index) if index is not None else name if name is not None else key)
        position = match.end()
    return tokens


def follow(value: Any, tokens: list[str | int], *, where: str) -> Any:
    for token in tokens:
        value = _child(value, token)
        if value is None:
            raise Unresolvable(f"'{where}' leads to no value")
    return value


def _child(value: Any, token: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(token))
    if isinstance(value, list) and isinstance(token, int):
        return value[token] if token < len(value) else None
    if isinstance(value, list):  # by the name that the items carry
        for item in value:
            names = [each for key, each in item.items() if key.endswith("Name")]
            if token in names:
                return item
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
