"""The engine's message types, made of our plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import any_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from provisioning.sandbox.provider import values
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.compare import Difference
from provisioning.sandbox.provider.lifecycle import Unfinished
from provisioning.sandbox.provider.names import was_chosen_for
from provisioning.sandbox.provider.resource import AnyResource
from provisioning.sandbox.provider.values import Path, Properties


def checked(inputs: Properties, secrets: set[Path], failures: Iterable[Failure]) -> Any:
    return provider_pb2.CheckResponse(
        inputs=values.write(inputs, secrets),
        failures=[
            provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
            for failure in failures
        ],
    )


def state(known: Properties, secrets: set[Path]) -> struct_pb2.Struct:
    """The outputs; what was derived from a secret is one too."""
    derived = {("tagsAll", *path[1:]) for path in secrets if path[0] == "tags"}
    return values.write(known, secrets | derived)


def diff(
    resource: AnyResource[Any], olds: Properties, news: Properties, found: list[Difference]
) -> Any:
    changes = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
    replaces = unique(one.top for one in found if one.replaces)
    return provider_pb2.DiffResponse(
        changes=changes,
        diffs=unique(one.top for one in found),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and _collides(resource, olds, news),
        hasDetailedDiff=True,
        detailedDiff={one.written: _property_diff(one) for one in found},
    )


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _property_diff(one: Difference) -> Any:
    kind = f"{one.change}_REPLACE" if one.replaces else str(one.change)
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind))


def _collides(resource: AnyResource[Any], olds: Properties, news: Properties) -> bool:
    """Whether the replacement would want the very name that the old one still has."""
    naming = resource.naming
    if naming is None or resource.delete_before_replace:
        return resource.delete_before_replace
    if was_chosen_for(naming, news):
        return False
    name = news.get(naming.property)
    return name is not None and name == olds.get(naming.property)


def abort_unfinished(request: Any, context: Any, unfinished: Unfinished) -> None:
    """Tell the engine that the resource exists although the operation failed.

    Such details travel in a trailer that gRPC reserves for them.
    """
    given = request.properties if hasattr(request, "properties") else request.news
    inputs, secrets = values.read(given)
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=unfinished.id,
            properties=state(unfinished.state, secrets),
            reasons=[unfinished.reason],
            inputs=values.write(inputs, secrets),
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=unfinished.reason, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, unfinished.reason)
