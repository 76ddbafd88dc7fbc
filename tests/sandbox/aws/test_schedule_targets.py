"""Functions and queues as targets of schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, allow, make_role
from tests.sandbox.aws.functions import eventually, function_arn, log_lines, make_function

pytestmark = pytest.mark.sandbox

PRINTS = """
    import json
    def main(event, context):
        print("event", json.dumps(event))
"""


def every_hour(aws: SandboxAws, role: str, **target: Any) -> None:
    aws.client("scheduler").create_schedule(
        Name="s",
        ScheduleExpression="cron(0 * * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"RoleArn": role, **target},
    )


def events(aws: SandboxAws) -> list[Any]:
    found = [line for line in log_lines(aws, "prints") if line.startswith("event ")]
    return [json.loads(line.removeprefix("event ")) for line in found]


def test_a_schedule_invokes_a_function(aws: SandboxAws) -> None:
    arn = make_function(aws, "prints", PRINTS)
    role = make_role(
        aws, "fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", resource=arn)
    )
    every_hour(aws, role, Arn=arn, Input='{"at": "<aws.scheduler.scheduled-time>"}')

    aws.advance("PT2H")

    eventually(lambda: len(events(aws)) == 2)
    assert events(aws) == [{"at": "2027-03-01T13:00:00Z"}, {"at": "2027-03-01T14:00:00Z"}]


def test_without_an_input_it_is_given_an_event(aws: SandboxAws) -> None:
    arn = make_function(aws, "prints", PRINTS)
    role = make_role(
        aws, "fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", resource=arn)
    )
    every_hour(aws, role, Arn=arn)

    aws.advance("PT1H")

    (event,) = eventually(lambda: events(aws))
    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/s"]


def test_the_schedules_role_has_to_be_allowed(aws: SandboxAws) -> None:
    make_function(aws, "prints", PRINTS)
    role = make_role(aws, "fires", "scheduler.amazonaws.com")
    retries = {"MaximumRetryAttempts": 0}
    every_hour(aws, role, Arn=function_arn("prints"), RetryPolicy=retries)

    aws.advance("PT1H")

    entry = aws.world.journal.entries()[-1]
    assert entry.outcome == "refused"
    assert "is not authorized to perform: lambda:InvokeFunction" in entry.reason
    assert events(aws) == []
