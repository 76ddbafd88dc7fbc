"""SQS's long polls: wait for messages without holding up everything else.

moto would wait inside the request, with the world locked.
"""

from __future__ import annotations

import json
from dataclasses import replace

from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse

_LONGEST = 20.0


def without_wait(request: AwsRequest) -> tuple[AwsRequest, float]:
    """The request as a short poll, and the seconds that it wanted to wait."""
    if (request.service, request.operation) != ("sqs", "ReceiveMessage"):
        return request, 0.0
    try:
        body = json.loads(request.body)
    except ValueError:
        return request, 0.0  # the query protocol, which no SDK of today speaks
    seconds = min(float(body.get("WaitTimeSeconds") or 0), _LONGEST)
    return replace(request, body=json.dumps({**body, "WaitTimeSeconds": 0}).encode()), seconds


def brought_nothing(response: AwsResponse) -> bool:
    return response.status == 200 and b'"Messages"' not in response.body
