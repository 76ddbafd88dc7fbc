"""What a `call` step may call, and the names of the arguments.
https://cloud.google.com/workflows/docs/reference/stdlib/overview"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.google.workflows.errors import WorkflowError

REQUESTS = {f"http.{verb}": verb.upper() for verb in ("get", "post", "put", "patch", "delete")}
# By steps only: they do something, or wait.
STEPS = frozenset({*REQUESTS, "http.request", "sys.log", "sys.sleep"})
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "base64.decode": ("data",),
    "base64.encode": ("data",),
    "json.decode": ("data",),
    "json.encode": ("data",),
    "json.encode_to_string": ("data",),
    "list.concat": ("objs", "val"),
    "list.prepend": ("objs", "val"),
    "map.delete": ("map", "key"),
    "map.get": ("map", "keys"),
    "map.merge": ("first", "second"),
    "math.abs": ("x",),
    "math.max": ("x", "y"),
    "math.min": ("x", "y"),
    "sys.get_env": ("name", "default"),
    "sys.now": (),
    "text.decode": ("data",),
    "text.encode": ("data",),
    "text.find_all": ("source", "substr"),
    "text.find_all_regex": ("source", "regexp"),
    "text.match_regex": ("source", "regexp"),
    "text.replace_all": ("source", "substr", "repl"),
    "text.replace_all_regex": ("source", "regexp", "repl"),
    "text.split": ("source", "separator"),
    "text.substring": ("source", "start", "end"),
    "text.to_lower": ("source",),
    "text.to_upper": ("source",),
    "text.url_decode": ("source",),
    "text.url_decode_plus": ("source",),
    "text.url_encode": ("source",),
    "text.url_encode_plus": ("source",),
    "uuid.generate": (),
}
CALLABLE = STEPS | frozenset(_ARGUMENTS)


def in_order(name: str, given: Mapping[str, Any]) -> list[Any]:
    """The named arguments of a function in the order that it takes them."""
    names = _ARGUMENTS[name]
    if unknown := set(given) - set(names):
        raise WorkflowError.of("TypeError", f"{name} has no argument '{min(unknown)}'")
    found = [one for one in names if one in given]
    if list(names[: len(found)]) != found:
        missing = next(one for one in names if one not in given)
        raise WorkflowError.of("TypeError", f"{name}: the argument '{missing}' is missing")
    return [given[one] for one in found]
