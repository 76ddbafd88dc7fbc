"""S3: objects are moto's; notifications are ours."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.serialize
from moto.s3.models import s3_backends

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.lambdas.service import Lambda
from provisioning.sandbox.aws.messages import send_message
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse
from provisioning.sandbox.aws.s3 import hooks
from provisioning.sandbox.aws.s3.notification_checks import canonical, check_rules, check_targets
from provisioning.sandbox.aws.s3.notifications import Notifications
from provisioning.sandbox.aws.s3.records import Configuration, rules_of
from provisioning.sandbox.aws.s3_actions import split_path
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.shapes import operation_model, service_model
from provisioning.sandbox.aws.world import World

_PUT = "PutBucketNotificationConfiguration"


class S3:
    def __init__(self, world: World, moto: MotoApp, functions: Lambda) -> None:
        self._world = world
        self._moto = moto
        self._lambda = functions
        self.notifications = Notifications(world, functions)
        hooks.install(self.notifications.tell)

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | None:
        bucket, key = split_path(request.path)
        if bucket and not key and "notification" in request.query:
            return self._configuration(request, caller, bucket)
        actor = hooks.Actor(
            principal_id=f"AWS:{caller.principal_id}",
            account=caller.account,
            changes_tags="tagging" in request.query,
        )
        with hooks.acting(actor):
            response = self._moto.answer(request, caller)
        if request.method == "DELETE" and not key and bucket not in s3_backends.bucket_accounts:
            self.notifications.table.delete(bucket)
        return response

    def _configuration(self, request: AwsRequest, caller: Caller, bucket: str) -> AwsResponse:
        place = _place(bucket, caller)
        if request.method == "PUT":
            self._put(request, bucket, place)
            return _xml(b"")
        found = self.notifications.table.get(bucket)
        return _xml(write_configuration(found.content if found else {}))

    def _put(self, request: AwsRequest, bucket: str, place: Place) -> None:
        content = canonical(read_configuration(request.body))
        check_rules(content)
        if (request.header("x-amz-skip-destination-validation") or "").lower() != "true":
            functions = self._lambda.functions
            check_targets(content, bucket=bucket, place=place, functions=functions)
        before = self.notifications.table.get(bucket)
        known = {rule.arn for rule in before.rules} if before else set()
        self.notifications.table.put(Configuration(bucket=bucket, content=content))
        for rule in rules_of(content):
            if rule.kind == "sqs" and rule.arn not in known:
                send_message(self._world.moto, rule.arn, self._test_event(bucket))

    def _test_event(self, bucket: str) -> str:
        """What S3 sends to a queue when it is first told of it."""
        now = datetime.fromtimestamp(self._world.clock.now(), UTC)
        return json.dumps(
            {
                "Service": "Amazon S3",
                "Event": "s3:TestEvent",
                "Time": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                "Bucket": bucket,
                "RequestId": uuid.uuid4().hex[:16].upper(),
                "HostId": uuid.uuid4().hex,
            }
        )


def _place(bucket: str, caller: Caller) -> Place:
    """Where the caller's bucket is."""
    partition, account = s3_backends.bucket_accounts.get(bucket, ("aws", ""))
    if not account:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)
    if account != caller.account:
        raise AwsError("AccessDenied", "Access Denied", status=403)
    return Place(account, s3_backends[account][partition].buckets[bucket].region_name)


def read_configuration(body: bytes) -> dict[str, Any]:
    """NotificationConfiguration by AWS's names; raises MalformedXML."""
    shape = service_model("s3").shape_for("NotificationConfiguration")
    response = {"status_code": 200, "headers": {}, "body": body}
    try:
        parsed = botocore.parsers.RestXMLParser().parse(response, shape)
    except botocore.parsers.ResponseParserError as error:
        raise AwsError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published "
            "schema",
        ) from error
    return {name: value for name, value in parsed.items() if name != "ResponseMetadata"}


def write_configuration(content: dict[str, Any]) -> bytes:
    given = {"Bucket": "any", "NotificationConfiguration": content}
    made = botocore.serialize.RestXMLSerializer().serialize_to_request(
        given, operation_model("s3", _PUT)
    )
    body: bytes = made["body"]
    return body


def _xml(body: bytes) -> AwsResponse:
    headers = (("Content-Type", "application/xml"), ("x-amz-request-id", uuid.uuid4().hex))
    return AwsResponse(status=200, headers=headers, body=body)
