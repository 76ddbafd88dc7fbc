"""What a request asks for, by AWS's own name: of REST services the path has to tell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qsl, unquote

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel

from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.aws.shapes import service_model


def operation_name(request: AwsRequest) -> str:
    """ "CreateTrainingJob", "PutObject"; "" for what AWS does not have."""
    if request.operation:
        return request.operation
    fitting = [model for model in _rest_operations(request.service) if _fits(model, request)]
    # GetBucketTagging is a GetObject with more said; what says the most is meant.
    return max(fitting, key=_precision).name if fitting else ""


def match_path(template: str, path: str) -> dict[str, str] | None:
    """Labels of `/schedules/{Name}` found in a path; a label that ends in + takes the rest."""
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    if wanted[-1].startswith("{") and len(given) > len(wanted):
        given = [*given[: len(wanted) - 1], "/".join(given[len(wanted) - 1 :])]
    if len(wanted) != len(given):
        return None
    labels: dict[str, str] = {}
    for part, value in zip(wanted, given, strict=True):
        if part.startswith("{") and value:
            labels[part.strip("{}+")] = unquote(value)
        elif part != value:
            return None
    return labels


@cache
def _rest_operations(service: str) -> tuple[OperationModel, ...]:
    try:
        model = service_model(service)
    except UnknownServiceError:
        return ()
    every = tuple(model.operation_model(name) for name in model.operation_names)
    return every if str(model.metadata.get("protocol")).startswith("rest") else ()


def _fits(model: OperationModel, request: AwsRequest) -> bool:
    if model.http["method"] != request.method:
        return False
    path, _, query = model.http["requestUri"].partition("?")
    if match_path(path, request.path) is None:
        return False
    literals = all(
        name in request.query and (not value or value in request.query[name])
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return literals and all(_is_given(*each, request) for each in _needed(model))


def _needed(model: OperationModel) -> Iterator[tuple[str, str]]:
    """Where required members stand beside the path, and under which name."""
    shape = model.input_shape
    for name in shape.required_members if shape else ():
        place = shape.members[name].serialization
        if place.get("location") in ("querystring", "header"):
            yield place["location"], place.get("name", name)


def _is_given(location: str, name: str, request: AwsRequest) -> bool:
    if location == "querystring":
        return name in request.query
    return f"HTTP_{name.upper().replace('-', '_')}" in request.environ


def _precision(model: OperationModel) -> tuple[int, int]:
    path, _, query = model.http["requestUri"].partition("?")
    return len(parse_qsl(query, keep_blank_values=True)) + len(list(_needed(model))), len(path)
