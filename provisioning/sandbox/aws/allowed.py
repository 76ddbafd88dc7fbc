"""Reads pickled state as data: an explicit list of what it may be made of.

A pickle can name any function to call while it is read. Here it can name moto's model
classes, plain containers and times; anything else is refused before it is called.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

_MODEL_MODULES = frozenset(
    {
        "moto.iam.models",
        "moto.logs.metric_filters",
        "moto.logs.models",
        "moto.s3.models",
        "moto.s3.notifications",
        "moto.sagemaker.models",
        "moto.sqs.models",
        "moto.sts.models",
    }
)

_NAMES = frozenset(
    {
        ("builtins", "dict"),
        ("builtins", "frozenset"),
        ("builtins", "list"),
        ("builtins", "set"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("moto.core.parse", "XFormedDict"),
        ("moto.moto_api._internal.managed_state_model", "ManagedState"),
        ("moto.utilities.tagging_service", "TaggingService"),
        ("moto.utilities.utils", "LowercaseDict"),
        ("provisioning.sandbox.aws.moto_state", "load_backend"),
        ("provisioning.sandbox.aws.moto_state", "load_key_store"),
        ("provisioning.sandbox.aws.moto_state", "load_part"),
        ("requests.structures", "CaseInsensitiveDict"),
        ("threading", "Condition"),
    }
)


class NotAllowed(pickle.UnpicklingError):
    """The state names something that the sandbox never writes."""


@cache
def find_allowed(module: str, name: str) -> Any:
    """The class or function of that name, or NotAllowed."""
    if (module, name) in _NAMES:
        return getattr(importlib.import_module(module), name)
    if module in _MODEL_MODULES and name.isidentifier():
        found = getattr(importlib.import_module(module), name, None)
        if _is_model(found, module):
            return found
    raise NotAllowed(f"{module}.{name} is not part of the sandbox's state.")


def _is_model(found: Any, module: str) -> bool:
    if not isinstance(found, type) or found.__module__ != module:
        return False
    return not issubclass(found, BaseBackend | BackendDict)


class RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, body: bytes, *, part: Callable[[int], Any]) -> None:
        super().__init__(io.BytesIO(body))
        self._part = part

    def find_class(self, module: str, name: str) -> Any:
        found = find_allowed(module, name)
        return self._part if name == "load_part" else found


class RestrictedPickler(pickle.Pickler):
    """Refuses at writing what could not be read again.

    `replace` gives another way to write an object, or NotImplemented.
    """

    def __init__(self, file: io.BytesIO, *, replace: Callable[[Any], Any]) -> None:
        super().__init__(file, protocol=5)
        self._replace = replace

    def reducer_override(self, value: Any) -> Any:
        replaced = self._replace(value)
        if replaced is not NotImplemented:
            return replaced
        kind = value if isinstance(value, type) or callable(value) else type(value)
        find_allowed(kind.__module__, kind.__qualname__)
        return NotImplemented
