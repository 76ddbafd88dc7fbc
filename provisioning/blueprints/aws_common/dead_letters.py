"""Why schedules could not start what they were to start, from the dead letters that Scheduler
leaves.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import MissedCause, ScheduleSpec, StackSpec
from provisioning.errors import NotFound

from . import names
from .schedules import scheduled_time, translated

MOST = 10  # messages that SQS gives at once
MOST_CALLS = 30
HIDDEN_SECONDS = 20  # so that each call gives others; then they are there as before

Code = Literal["permission_denied", "target_throttled", "target_failed"]
DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")
THROTTLED = ("Throttl", "TooManyRequests", "LimitExceeded", "ResourceLimit", "RequestLimit")


def causes(
    session: Session, spec: StackSpec, key: str, dues: Sequence[datetime]
) -> Mapping[datetime, MissedCause]:
    """Those of these firings that a letter tells of. Letters stay where they are."""
    trigger = next((each for each in spec.triggers if each.key == key), None)
    if not isinstance(trigger, ScheduleSpec):
        return {}
    count = len(translated(trigger).expressions)
    mine = {names.schedule(spec.slug, key, position) for position in range(count)}
    found: dict[datetime, MissedCause] = {}
    for letter in _letters(session, names.dead_letter_queue(spec.slug)):
        told = {name: each.get("StringValue", "") for name, each in letter.items()}
        due = scheduled_time(spec, key, told.get("SCHEDULED_TIME", ""))
        if (
            due is not None
            and due in dues
            and told.get("SCHEDULE_ARN", "").rpartition("/")[2] in mine
        ):
            found[due] = _cause(told)
        if len(found) == len(dues):
            break
    return found


def _letters(session: Session, queue: str) -> Iterator[Mapping[str, Any]]:
    client = session.client("sqs")
    try:
        with cloud_errors("find the dead letters"):
            url = client.get_queue_url(QueueName=queue)["QueueUrl"]
    except NotFound:
        return
    for _ in range(MOST_CALLS):
        with cloud_errors("read the dead letters"):
            answer = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=MOST,
                MessageAttributeNames=["All"],
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=0,
            )
        letters = answer.get("Messages", [])
        yield from (each.get("MessageAttributes") or {} for each in letters)
        if not letters:
            return


def _cause(told: Mapping[str, str]) -> MissedCause:
    code = told.get("ERROR_CODE", "")
    message = told.get("ERROR_MESSAGE") or "AWS gives no reason"
    attempts = int(told.get("RETRY_ATTEMPTS") or 0) + 1
    tried = "once" if attempts == 1 else f"{attempts} times"
    sentence = f"AWS tried {tried} to start it and gave up: {code}: {message.rstrip('.')}."
    return MissedCause(code=_code(code), message=sentence[:400])


def _code(code: str) -> Code:
    if any(each in code for each in DENIED):
        return "permission_denied"
    if any(each in code for each in THROTTLED):
        return "target_throttled"
    return "target_failed"
