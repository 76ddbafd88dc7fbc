"""What a program registers, and how it is held against what the providers publish."""

from __future__ import annotations

import asyncio
import inspect
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from keyword import iskeyword
from typing import Any

import pulumi
from pulumi._types import (
    input_type_py_to_pulumi_names,
    input_type_types,
    is_input_type,
)
from pulumi.runtime import Mocks, set_mocks
from pulumi.runtime import test as as_program

OURS = "skyclock:"


@dataclass
class Registered(Mocks):
    """Notes every resource; gives each what a cloud would: an ARN, addresses."""

    resources: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.name not in self.resources or not args.typ.startswith(OURS):
            # A component of ours may be named like a resource, and come before or after it.
            self.resources[args.name] = (args.typ, dict(args.inputs))
        outputs = {
            "arn": f"arn:of:{args.name}",
            "url": f"https://of/{args.name}",
            "member": f"serviceAccount:{args.name}@of.it",
            "primaryEndpoints": {"blob": f"https://blob.of/{args.name}"},
            "identity": {"type": "any", "tenantId": "any", "principalId": f"of-{args.name}"},
        }
        return f"{args.name}-id", {"name": args.name, **args.inputs, **outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """Who deploys, which a program may ask."""
        who = ("clientId", "objectId", "subscriptionId", "tenantId")
        return {name: f"{name} of who deploys" for name in who}

    def inputs(self, name: str) -> dict[str, Any]:
        return self.resources[name][1]

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.of_providers()}

    def of_providers(self) -> list[tuple[str, dict[str, Any]]]:
        """Without the components of our own."""
        return [each for each in self.resources.values() if not each[0].startswith(OURS)]

    def unpublished(self) -> list[str]:
        """All that the providers' packages do not publish so."""
        return [
            misfit
            for kind, inputs in self.of_providers()
            for misfit in misfits(inputs, arguments(kind), kind)
        ]


def arguments(kind: str) -> type:
    """Of "aws:iam/role:Role" the class aws.iam.RoleArgs, of "aws-native:sagemaker:Pipeline"
    aws_native.sagemaker.PipelineArgs; `…InitArgs` where the first is something else's name."""
    package, module, name = kind.split(":")
    module = module.partition("/")[0]
    module = f"{module}_" if iskeyword(module) else module
    published = import_module(f"pulumi_{package.replace('-', '_')}.{module}")
    found: type = getattr(published, f"{name}InitArgs", None) or getattr(published, f"{name}Args")
    return found


def register(program: Callable[[], None]) -> Registered:
    """Run the program without an engine."""
    found = Registered()
    # Whoever ran `asyncio.run` before leaves the thread without a loop, which Pulumi wants.
    asyncio.set_event_loop(asyncio.new_event_loop())
    set_mocks(found, project="skyclock", stack="daily")
    as_program(program)()
    return found


# ── Published properties ────────────────────────────────────────────────────────────


def misfits(inputs: Mapping[str, Any], args: type, path: str) -> Iterator[str]:
    """All that is unknown, missing or of another type, nested to the end."""
    published = input_type_types(args)
    for key, value in inputs.items():
        if key in published:
            yield from unlike(value, published[key], f"{path}.{key}")
        else:
            yield f"{path}.{key} is not published"
    for key in sorted(required(args) - inputs.keys()):
        yield f"{path}.{key} is required"


def required(args: type) -> set[str]:
    names = input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args.__init__).parameters.values()  # type: ignore[misc]
    return {names[p.name] for p in parameters if p.name in names and p.default is p.empty}


def unlike(value: Any, kind: Any, path: str) -> Iterator[str]:
    """`kind` is a class, a list or table of some, or a choice between several."""
    if kind is Any:
        return
    if typing.get_origin(kind) is typing.Union:
        found = [list(unlike(value, option, path)) for option in choices(kind)]
        yield from min(found, key=len)
    elif is_input_type(kind) and isinstance(value, Mapping):
        yield from misfits(value, kind, path)
    elif typing.get_origin(kind) is Sequence and isinstance(value, list):
        for position, each in enumerate(value):
            yield from unlike(each, typing.get_args(kind)[0], f"{path}.{position}")
    elif typing.get_origin(kind) is Mapping and isinstance(value, Mapping):
        for key, each in value.items():
            yield from unlike(each, typing.get_args(kind)[1], f"{path}.{key}")
    elif isinstance(kind, type) and issubclass(kind, Enum):
        if value not in [each.value for each in kind]:
            yield f"{path} is no {kind.__name__}: {value!r}"
    elif kind is int and isinstance(value, float) and value.is_integer():
        return  # every number is a double on its way to a provider
    elif not isinstance(kind, type) or not isinstance(value, kind):
        yield f"{path} is no {getattr(kind, '__name__', kind)}: {value!r}"


def choices(kind: Any) -> list[Any]:
    """Without what stands for values that are known later."""
    later = (pulumi.Output, Awaitable)
    return [each for each in typing.get_args(kind) if typing.get_origin(each) not in later]
