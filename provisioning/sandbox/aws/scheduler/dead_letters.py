"""Firings that never reached their target go to the schedule's dead-letter queue.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

import logging

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.messages import send_message
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.scheduler.records import Delivery
from provisioning.sandbox.aws.scheduler.targets import assume, scheduled_time

log = logging.getLogger(__name__)


class DeadLetters:
    def __init__(self, moto: MotoState) -> None:
        self._moto = moto

    def send(self, delivery: Delivery, error: AwsError, *, exhausted: str) -> None:
        queue = delivery.target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            log.warning("%s: a firing is lost: %s", delivery.schedule_arn, error)
            return
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXECUTION_ID": delivery.execution,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(delivery.attempts - 1),
            "SCHEDULED_TIME": scheduled_time(delivery),
            "SCHEDULE_ARN": delivery.schedule_arn,
            "TARGET_ARN": delivery.target["Arn"],
        }
        try:
            assume(delivery).require("sqs:SendMessage", queue)
            send_message(self._moto, queue, delivery.target.get("Input") or "{}", attributes)
        except AwsError as refusal:
            # As on AWS: what cannot be put into the queue is gone.
            log.warning("%s: a firing is lost: %s", delivery.schedule_arn, refusal)
