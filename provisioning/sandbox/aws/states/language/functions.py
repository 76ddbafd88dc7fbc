"""The intrinsic functions themselves."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ANY_NUMBER = -1
_MOST_ITEMS = 1000
_MOST_TEXT = 10_000
_HASHES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class WrongArgument(Exception):
    pass


@dataclass(frozen=True)
class Function:
    counts: tuple[int, int]  # least and most arguments
    work: Callable[..., Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongArgument(f"a string is needed, not {json.dumps(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongArgument(f"an array is needed, not {json.dumps(value)}")
    return value


def _whole(value: Any) -> int:
    """Numbers are rounded, halves up, as Java does."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongArgument(f"a number is needed, not {json.dumps(value)}")
    return math.floor(value + 0.5)


def _format(template: Any, *values: Any) -> str:
    """The template keeps its escapes, to tell a brace that stands for itself."""
    if not isinstance(template, str):
        raise WrongArgument("the template has to be a string")
    parts = re.split(r"(\\.|\{\})", template)
    left = list(values)
    made = []
    for part in parts:
        if part == "{}":
            if not left:
                raise WrongArgument("there are more {} than arguments")
            made.append(_shown(left.pop(0)))
        elif part.startswith("\\"):
            made.append(part[1:])
        elif "{" in part or "}" in part:
            raise WrongArgument("a brace that stands for itself has to be written \\{ or \\}")
        else:
            made.append(part)
    if left:
        raise WrongArgument("there are more arguments than {}")
    return "".join(made)


def _shown(value: Any) -> str:
    """Objects as Java writes them, which is what AWS gives."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_shown(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _string_to_json(text: Any) -> Any:
    try:
        return json.loads(_text(text) or "null")
    except ValueError as error:
        raise WrongArgument(f"this is not JSON: {error}") from error


def _partition(items: Any, size: Any) -> list[Any]:
    whole, length = _list(items), _whole(size)
    if length <= 0:
        raise WrongArgument("the size of a part has to be positive")
    return [whole[at : at + length] for at in range(0, len(whole), length)]


def _range(first: Any, last: Any, step: Any) -> list[int]:
    pace = _whole(step)
    if pace == 0:
        raise WrongArgument("the step must not be 0")
    made = range(_whole(first), _whole(last) + (1 if pace > 0 else -1), pace)
    if len(made) > _MOST_ITEMS:
        raise WrongArgument(f"an array has at most {_MOST_ITEMS} items")
    return list(made)


def _item(items: Any, number: Any) -> Any:
    whole, at = _list(items), _whole(number)
    if not 0 <= at < len(whole):
        raise WrongArgument(f"there is no item {at} of {len(whole)}")
    return whole[at]


def _unique(items: Any) -> list[Any]:
    found: list[Any] = []
    for item in _list(items):
        if not any(_same(item, other) for other in found):
            found.append(item)
    return found


def _contains(items: Any, value: Any) -> bool:
    return any(_same(item, value) for item in _list(items))


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _encode(text: Any) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(_short(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise WrongArgument(f"this is not Base64: {error}") from error


def _hash(value: Any, algorithm: Any) -> str:
    name = _HASHES.get(_text(algorithm))
    if name is None:
        raise WrongArgument(f"the algorithm has to be one of {', '.join(_HASHES)}")
    text = _short(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _short(text: Any) -> str:
    plain = _text(text)
    if len(plain) > _MOST_TEXT:
        raise WrongArgument(f"a string has at most {_MOST_TEXT} characters")
    return plain


def _merge(one: Any, other: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise WrongArgument("only the shallow merging mode is supported: pass false")
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise WrongArgument("two objects are needed")
    return {**one, **other}


def _random(start: Any, end: Any, seed: Any = None) -> int:
    first, after = _whole(start), _whole(end)
    if first >= after:
        raise WrongArgument("the start has to be less than the end")
    return random.Random(None if seed is None else _whole(seed)).randrange(first, after)  # noqa: S311


def _split(text: Any, signs: Any) -> list[str]:
    """At every one of the signs; nothing is given for what is between two of them."""
    wanted = "".join(map(re.escape, _text(signs)))
    parts = re.split(f"[{wanted}]", _text(text)) if wanted else [_text(text)]
    return [part for part in parts if part]


FUNCTIONS: dict[str, Function] = {
    "States.Array": Function((0, ANY_NUMBER), lambda *values: list(values)),
    "States.ArrayContains": Function((2, 2), _contains),
    "States.ArrayGetItem": Function((2, 2), _item),
    "States.ArrayLength": Function((1, 1), lambda items: len(_list(items))),
    "States.ArrayPartition": Function((2, 2), _partition),
    "States.ArrayRange": Function((3, 3), _range),
    "States.ArrayUnique": Function((1, 1), _unique),
    "States.Base64Decode": Function((1, 1), _decode),
    "States.Base64Encode": Function((1, 1), _encode),
    "States.Format": Function((1, ANY_NUMBER), _format),
    "States.Hash": Function((2, 2), _hash),
    "States.JsonMerge": Function((3, 3), _merge),
    "States.JsonToString": Function(
        (1, 1), lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    ),
    "States.MathAdd": Function((2, 2), lambda one, other: _whole(one) + _whole(other)),
    "States.MathRandom": Function((2, 3), _random),
    "States.StringSplit": Function((2, 2), _split),
    "States.StringToJson": Function((1, 1), _string_to_json),
    "States.UUID": Function((0, 0), lambda: str(uuid.uuid4())),
}
