"""Reads pickled state as data: an explicit list of what it may be made of.

A pickle can name any function to call while it is read. Here it can name moto's model
classes, plain containers and times; anything else is refused before it is called.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections.abc import Callable
from enum import Enum
from typing import Any

from moto.core.common_models import BaseModel

_MODEL_MODULES = frozenset(
    {
        "moto.iam.models",
        "moto.logs.metric_filters",
        "moto.logs.models",
        "moto.s3.models",
        "moto.s3.notifications",
        "moto.sagemaker.models",
        "moto.scheduler.models",
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
        ("moto.s3.utils", "CaseInsensitiveDict"),
        ("moto.s3.utils", "_VersionedKeyStore"),
        ("moto.utilities.tagging_service", "TaggingService"),
        ("moto.utilities.utils", "LowercaseDict"),
        ("provisioning.sandbox.aws.moto_state", "load_backend"),
        ("provisioning.sandbox.aws.moto_state", "load_part"),
        ("threading", "Condition"),
    }
)
# Helpers of moto's models that are not models themselves.
_PLAIN_CLASSES = frozenset({("moto.s3.models", "MultipartDict")})


class NotAllowed(pickle.UnpicklingError):
    """The state names something that the sandbox never writes."""


class RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, body: bytes, *, part: Callable[[int], Any]) -> None:
        super().__init__(io.BytesIO(body))
        self._part = part

    def find_class(self, module: str, name: str) -> Any:
        if name == "load_part" and module == "provisioning.sandbox.aws.moto_state":
            return self._part
        if (module, name) in _NAMES | _PLAIN_CLASSES:
            return getattr(importlib.import_module(module), name)
        if module in _MODEL_MODULES and name.isidentifier():
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and issubclass(found, BaseModel | Enum):
                return found
        raise NotAllowed(
            f"The sandbox's state names {module}.{name}, which the sandbox never writes. "
            "The file was damaged or made by something else; it is not loaded."
        )
