"""Errors in the shape that each of AWS's protocols gives them."""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.requests import AwsResponse


def error_response(error: AwsError, *, service: str, content_type: str) -> AwsResponse:
    if service == "s3":
        return _xml(error, _S3_ERROR)
    if service in ("iam", "sts") or content_type.startswith("application/x-www-form-urlencoded"):
        return _xml(error, _QUERY_ERROR)
    return json_response(
        {"__type": error.code, "message": error.message}, status=error.status, error=error.code
    )


def json_response(body: object, *, status: int = 200, error: str | None = None) -> AwsResponse:
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    if error:
        headers.append(("x-amzn-ErrorType", error))
    payload = b"" if body is None else json.dumps(body).encode()
    return AwsResponse(status=status, headers=tuple(headers), body=payload)


_S3_ERROR = (
    "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"
)
_QUERY_ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    "</Error><RequestId>{id}</RequestId></ErrorResponse>"
)


def _xml(error: AwsError, template: str) -> AwsResponse:
    request_id = str(uuid.uuid4())
    text = template.format(code=escape(error.code), message=escape(error.message), id=request_id)
    return AwsResponse(
        status=error.status,
        headers=(("Content-Type", "text/xml"), ("x-amz-request-id", request_id)),
        body=b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode(),
    )
