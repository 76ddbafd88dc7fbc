"""AWS's query protocol: members as form fields, answers as XML. IAM and STS speak it.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse
from provisioning.sandbox.aws.shapes import check_input, operation_model

Form = Mapping[str, str]


def form_of(request: AwsRequest) -> Form:
    """The members as they stand in the form: "Tags.member.1.Key". A presigned address has them in
    its query."""
    text = request.body.decode("utf-8", "replace") or str(request.environ.get("QUERY_STRING", ""))
    pairs = parse_qsl(text, keep_blank_values=True)
    return dict(reversed(pairs))  # of two with one name, the first counts


def read_members(service: str, request: AwsRequest) -> dict[str, Any]:
    """The operation's input by botocore's names, checked; raises ValidationError."""
    shape = operation_model(service, request.operation).input_shape
    given = _structure(shape, form_of(request), "") if shape else {}
    try:
        check_input(shape, given)
    except AwsError as error:
        raise AwsError("ValidationError", error.message) from error
    return given


def query_answer(request: AwsRequest, namespace: str, result: Mapping[str, Any]) -> AwsResponse:
    name, request_id = request.operation, str(uuid.uuid4())
    body = "".join(_element(key, value) for key, value in result.items())
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}Response xmlns="{namespace}">'
        f"<{name}Result>{body}</{name}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{name}Response>\n"
    )
    headers = (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id))
    return AwsResponse(status=200, headers=headers, body=text.encode())


def _structure(shape: StructureShape, form: Form, prefix: str) -> dict[str, Any]:
    found = {
        name: _value(member, form, f"{prefix}{member.serialization.get('name', name)}")
        for name, member in shape.members.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _value(shape: Shape, form: Form, name: str) -> Any:
    if isinstance(shape, StructureShape):
        inner = _structure(shape, form, f"{name}.")
        return inner or None
    if isinstance(shape, ListShape):
        prefix = name if shape.serialization.get("flattened") else f"{name}.member"
        return _items(shape.member, form, prefix)
    if isinstance(shape, MapShape):
        return None  # no operation here has one
    text = form.get(name)
    if text is None:
        return None
    if shape.type_name in ("integer", "long"):
        return _whole_number(text, name)
    return text.lower() == "true" if shape.type_name == "boolean" else text


def _items(shape: Shape, form: Form, prefix: str) -> list[Any] | None:
    pattern = re.compile(rf"{re.escape(prefix)}\.(\d+)(?:\.|$)")
    numbers = {int(match[1]) for name in form if (match := pattern.match(name))}
    items = [_value(shape, form, f"{prefix}.{number}") for number in sorted(numbers)]
    return items or None


def _whole_number(text: str, name: str) -> int:
    if not text.lstrip("-").isdigit():
        raise AwsError("MalformedInput", f"'{text}' is not a number, at {name}.")
    return int(text)


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_element(name, inner) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "".join(_element("member", inner) for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))
