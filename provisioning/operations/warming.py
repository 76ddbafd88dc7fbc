"""Load, ahead of an operation, what its Blueprint's program will ask for.

Provider packages load a module when one of its classes is first asked for, which is most of
what an operation in a new process waits for. Which classes those are stands in the program.
"""

from __future__ import annotations

import ast
import gc
import inspect
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, reduce
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import Any, get_args

from pulumi import Resource, _types

from provisioning.blueprints import registry
from provisioning.clouds import load

PROVIDERS = ("pulumi_aws", "pulumi_aws_native", "pulumi_azure_native", "pulumi_gcp")
BLUEPRINTS = "provisioning.blueprints."
# gRPC imports these when it is first used, which it must not be before a fork.
LATER = ("grpc._server", "grpc._channel", "grpc._utilities", "grpc.experimental")
# The first connection to any host asks for this codec.
CODEC = "encodings.idna"


@cache
def warm(kind: str) -> None:
    """Everything that operations of this Blueprint load, whichever they are."""
    blueprint = registry.get(kind)
    load(blueprint.cloud, set(chain.from_iterable(blueprint.verifies_with.values())))
    for name in (blueprint.program_module(), *LATER, CODEC):
        import_module(name)
    for name in [name for name in sys.modules if name.startswith(BLUEPRINTS)]:
        _touch(name)
    # Collecting garbage in a forked process would copy every page that it looks at.
    gc.collect()
    gc.freeze()


@cache
def _touch(name: str) -> None:
    module = sys.modules[name]
    roots = {
        key: each
        for key, each in vars(module).items()
        if isinstance(each, ModuleType) and each.__name__ in PROVIDERS
    }
    if not roots:
        return
    for root, path in _paths(ast.parse(inspect.getsource(module))):
        if root in roots:
            with suppress(AttributeError):  # a name of the program's own may hide the package
                _understand(reduce(getattr, path, roots[root]))


def _understand(found: Any) -> None:
    """Read the annotations of a class's properties. The SDK does it when a class is first used,
    and keeps what it found; it offers no other way to have it done."""
    if not isinstance(found, type):
        return
    if issubclass(found, Resource):
        arguments = getattr(sys.modules[found.__module__], f"{found.__name__}Args", None)
        if arguments:
            _types.input_type_types(arguments)
        for each in chain.from_iterable(map(_parts, _types.resource_types(found).values())):
            if _types.is_output_type(each):
                _types.output_type_types(each)
    elif _types.is_input_type(found):
        _types.input_type_types(found)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Itself, or what a list or a map is made of."""
    return get_args(annotation) or (annotation,)


def _paths(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """All of `aws.s3.Bucket` and the like."""
    for node in ast.walk(tree):
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if path and isinstance(node, ast.Name):
            yield node.id, path
