"""GetCallerIdentity, which moto answers with a user that IAM could not have."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse

_ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>
"""


class Sts:
    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | None:
        if request.operation != "GetCallerIdentity":
            return None
        request_id = str(uuid.uuid4())
        text = _ANSWER.format(
            arn=escape(caller.arn),
            user=escape(caller.principal_id),
            account=caller.account,
            request=request_id,
        )
        headers = (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id))
        return AwsResponse(status=200, headers=headers, body=text.encode())
