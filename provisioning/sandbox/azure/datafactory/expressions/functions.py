"""The functions of the language, by their names in small letters."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from provisioning.sandbox.azure.datafactory.expressions.dates import DATES, clocked
from provisioning.sandbox.azure.datafactory.expressions.errors import ExpressionError
from provisioning.sandbox.azure.datafactory.expressions.values import equal, written

Function = Callable[..., Any]
_LONGEST_RANGE = 100_000

# ── Text ────────────────────────────────────────────────────────────────────────────


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _substring(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else start + length
    if not 0 <= start <= end <= len(_text(text)):
        raise ValueError("its start and length have to be within the text")
    return text[start:end]


def _guid(form: str = "D") -> str:
    made = uuid.uuid4()
    forms = {"N": made.hex, "D": str(made), "B": f"{{{made}}}", "P": f"({made})"}
    return forms[form.upper()]


_TEXTS: dict[str, Function] = {
    "concat": lambda *parts: "".join(written(part) for part in parts),
    "endswith": lambda text, end: _text(text).lower().endswith(_text(end).lower()),
    "guid": _guid,
    "indexof": lambda text, part: _text(text).lower().find(_text(part).lower()),
    "lastindexof": lambda text, part: _text(text).lower().rfind(_text(part).lower()),
    "replace": lambda text, old, new: _text(text).replace(_text(old), _text(new)),
    "split": lambda text, mark: _text(text).split(_text(mark)) if mark else [text],
    "startswith": lambda text, start: _text(text).lower().startswith(_text(start).lower()),
    "substring": _substring,
    "tolower": lambda text: _text(text).lower(),
    "toupper": lambda text: _text(text).upper(),
    "trim": lambda text: _text(text).strip(),
}

# ── Collections ─────────────────────────────────────────────────────────────────────


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, str):
        return _text(part) in whole
    if isinstance(whole, Mapping):
        return str(part) in whole
    if isinstance(whole, list):
        return any(equal(each, part) for each in whole)
    raise TypeError(whole)


def _sized(value: Any) -> Any:
    if not isinstance(value, (str, list, dict)):
        raise TypeError(value)
    return value


def _sequence(value: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise TypeError(value)
    return value


def _intersection(first: Any, *others: Any) -> Any:
    if isinstance(first, Mapping):
        return {
            name: value
            for name, value in first.items()
            if all(equal(each.get(name), value) for each in others)
        }
    return [each for each in _sequence(first) if all(_contains(other, each) for other in others)]


def _union(first: Any, *others: Any) -> Any:
    if isinstance(first, Mapping):
        merged = dict(first)
        for other in others:
            merged.update(other)
        return merged
    found: list[Any] = []
    for each in [item for whole in (first, *others) for item in whole]:
        if not _contains(found, each):
            found.append(each)
    return found


_COLLECTIONS: dict[str, Function] = {
    "contains": _contains,
    "empty": lambda value: value is None or len(_sized(value)) == 0,
    "first": lambda value: _sequence(value)[0] if value else None,
    "intersection": _intersection,
    "join": lambda items, mark: _text(mark).join(written(each) for each in items),
    "last": lambda value: _sequence(value)[-1] if value else None,
    "length": lambda value: len(_sequence(value)),
    "skip": lambda items, count: _sequence(items)[count:],
    "take": lambda items, count: _sequence(items)[:count],
    "union": _union,
}

# ── Logic ───────────────────────────────────────────────────────────────────────────


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    numbers = all(isinstance(each, (int, float)) for each in (left, right))
    if not numbers and not all(isinstance(each, str) for each in (left, right)):
        raise TypeError(left)
    return left, right


def _comparing(holds: Callable[[Any, Any], bool]) -> Function:
    return lambda left, right: holds(*_comparable(left, right))


def _not(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return not value


_LOGIC: dict[str, Function] = {
    "equals": equal,
    "greater": _comparing(lambda left, right: left > right),
    "greaterorequals": _comparing(lambda left, right: left >= right),
    "less": _comparing(lambda left, right: left < right),
    "lessorequals": _comparing(lambda left, right: left <= right),
    "not": _not,
}

# ── Conversions ─────────────────────────────────────────────────────────────────────


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError(f"'{value}' is no boolean")
        return value.lower() == "true"
    return bool(value)


def _int(value: Any) -> int:
    if isinstance(value, (dict, list)) or value is None:
        raise TypeError(value)
    return int(value)


def _json(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else text


def _base64(text: str) -> str:
    return base64.b64encode(_text(text).encode()).decode()


def _from_base64(text: str) -> str:
    return base64.b64decode(_text(text)).decode("utf-8", "replace")


def _data_uri(text: str) -> str:
    return f"data:text/plain;charset=utf8;base64,{_base64(text)}"


def _from_data_uri(text: str) -> str:
    return _from_base64(_text(text).partition(",")[2])


def _not_evaluated(name: str) -> Function:
    def refuse(*_: Any) -> Any:
        raise ExpressionError(f"The sandbox does not evaluate the function '{name}'.")

    return refuse


_CONVERSIONS: dict[str, Function] = {
    "array": lambda value: [value],
    "base64": _base64,
    "base64tobinary": lambda text: text,
    "base64tostring": _from_base64,
    "binary": _base64,
    "bool": _bool,
    "createarray": lambda *items: list(items),
    "datauri": _data_uri,
    "datauritobinary": lambda text: _base64(text),
    "datauritostring": _from_data_uri,
    "decodebase64": _from_base64,
    "decodedatauri": _from_data_uri,
    "decodeuricomponent": lambda text: unquote(_text(text)),
    "encodeuricomponent": lambda text: quote(_text(text), safe=""),
    "float": lambda value: float(value),
    "int": _int,
    "json": _json,
    "string": lambda value: value if isinstance(value, str) else _as_json_text(value),
    "uricomponent": lambda text: quote(_text(text), safe=""),
    "uricomponenttobinary": lambda text: _base64(unquote(_text(text))),
    "uricomponenttostring": lambda text: unquote(_text(text)),
    "xml": _not_evaluated("xml"),
    "xpath": _not_evaluated("xpath"),
}


def _as_json_text(value: Any) -> str:
    return written(value)


# ── Numbers ─────────────────────────────────────────────────────────────────────────


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return value


def _div(left: Any, right: Any) -> Any:
    if _number(right) == 0:
        raise ExpressionError(
            "Attempt to divide an integral or decimal value by zero in function 'div'."
        )
    if isinstance(left, int) and isinstance(right, int):
        return int(left / right)  # towards zero, unlike Python's
    return _number(left) / right


def _mod(left: Any, right: Any) -> Any:
    if _number(right) == 0:
        raise ExpressionError(
            "Attempt to divide an integral or decimal value by zero in function 'mod'."
        )
    return left - right * int(left / right)


def _spread(values: tuple[Any, ...]) -> list[Any]:
    listed = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    return [_number(each) for each in listed]


def _range(start: int, count: int) -> list[int]:
    if not 0 < count <= _LONGEST_RANGE:
        raise ValueError(f"its count has to be between 1 and {_LONGEST_RANGE}")
    return list(range(start, start + count))


_NUMBERS: dict[str, Function] = {
    "add": lambda left, right: _number(left) + _number(right),
    "div": _div,
    "max": lambda *values: max(_spread(values)),
    "min": lambda *values: min(_spread(values)),
    "mod": _mod,
    "mul": lambda left, right: _number(left) * _number(right),
    "rand": lambda low, high: random.randrange(low, high),  # noqa: S311
    "range": _range,
    "sub": lambda left, right: _number(left) - _number(right),
}

_PLAIN = {**_TEXTS, **_COLLECTIONS, **_LOGIC, **_CONVERSIONS, **_NUMBERS, **DATES}


def _of_clock(name: str) -> Callable[[float], Function]:
    return lambda now: clocked(now)[name]


def _of_nothing(function: Function) -> Callable[[float], Function]:
    return lambda now: function


FUNCTIONS: dict[str, Callable[[float], Function]] = {
    **{name: _of_nothing(function) for name, function in _PLAIN.items()},
    **{name: _of_clock(name) for name in clocked(0)},
}
