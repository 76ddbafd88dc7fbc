"""Sends to SQS queues from within the sandbox."""

from __future__ import annotations

from collections.abc import Mapping

from moto.backends import get_backend

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.policies import grants


def send_message(
    moto: MotoState,
    queue_arn: str,
    body: str,
    attributes: Mapping[str, str] | None = None,
    *,
    group: str | None = None,
    token: str | None = None,
) -> None:
    """`group` and `token` are for queues that keep an order. Raises AwsError when there is no
    such queue."""
    _, _, _, region, account, name = queue_arn.split(":", 5)
    backend = get_backend("sqs")[account][region]
    if name not in backend.queues:
        raise AwsError(
            "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
        )
    values = {
        key: {"DataType": "String", "StringValue": value}
        for key, value in (attributes or {}).items()
    }
    ordered = {"group_id": group, "deduplication_id": token} if group else {}
    backend.send_message(name, body, message_attributes=values, **ordered)
    moto.touch("sqs", account, region)


def queue_lets_send(queue_arn: str, *, service: str, context: Mapping[str, str]) -> bool:
    """Whether a queue is there and its own policy lets a service of AWS send to it."""
    _, _, _, region, account, name = queue_arn.split(":", 5)
    queue = get_backend("sqs")[account][region].queues.get(name)
    return bool(queue and queue.policy) and grants(
        queue.policy,
        service=service,
        action="sqs:SendMessage",
        resource=queue_arn,
        context=context,
    )
