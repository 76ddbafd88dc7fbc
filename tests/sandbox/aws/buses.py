"""A bus with a rule, and queues and functions that hear of events."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, document
from tests.sandbox.aws.functions import eventually, log_lines, make_function

SOURCE = "my.app"
PRINTS = """
    import json
    def main(event, context):
        print("event", json.dumps(event))
"""


def bus_arn(name: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"


def rule_arn(name: str, bus: str = "default") -> str:
    path = name if bus == "default" else f"{bus}/{name}"
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{path}"


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def make_rule(
    aws: SandboxAws, name: str, pattern: dict[str, Any] | None = None, *, bus: str = "default",
    **more: Any,
) -> str:  # fmt: skip
    events = aws.client("events")
    if bus != "default" and bus not in [
        each["Name"] for each in events.list_event_buses()["EventBuses"]
    ]:
        events.create_event_bus(Name=bus)
    wanted = {"source": [SOURCE]} if pattern is None else pattern
    given = {"EventPattern": json.dumps(wanted)} if "ScheduleExpression" not in more else {}
    made = events.put_rule(Name=name, EventBusName=bus, **given, **more)
    return str(made["RuleArn"])


def add_target(aws: SandboxAws, rule: str, arn: str, *, bus: str = "default", **more: Any) -> None:
    target = {"Id": more.pop("Id", "t1"), "Arn": arn, **more}
    aws.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[target])


def make_queue(aws: SandboxAws, name: str, *, rule: str | None = None) -> str:
    """A queue that the rule may send to, or every rule; its URL."""
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": rule}}} if rule else {}
    policy = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue_arn(name), **condition,
    }  # fmt: skip
    made = aws.client("sqs").create_queue(
        QueueName=name, Attributes={"Policy": document(policy)}
    )  # fmt: skip
    return str(made["QueueUrl"])


def received(aws: SandboxAws, url: str) -> list[Any]:
    """The bodies of all messages, which are gone then."""
    found: list[Any] = []
    sqs = aws.client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def make_printer(aws: SandboxAws, *, rule: str) -> str:
    """A function that prints its event and that the rule may invoke; its ARN."""
    arn = make_function(aws, "prints", PRINTS)
    aws.client("lambda").add_permission(
        FunctionName="prints", StatementId="rule", Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com", SourceArn=rule,
    )  # fmt: skip
    return arn


def printed(aws: SandboxAws, count: int) -> list[Any]:
    def found() -> list[str]:
        return [line for line in log_lines(aws, "prints") if line.startswith("event ")]

    eventually(lambda: len(found()) >= count)
    return [json.loads(line.removeprefix("event ")) for line in found()]


def put(aws: SandboxAws, *numbers: int, bus: str = "default", **more: Any) -> list[str]:
    """Events of a number each; their ids."""
    entries = [
        {"Source": SOURCE, "DetailType": "made", "Detail": json.dumps({"n": number}),
         "EventBusName": bus, **more}
        for number in numbers
    ]  # fmt: skip
    answer = aws.client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0
    return [entry["EventId"] for entry in answer["Entries"]]


def looks(aws: SandboxAws) -> list[tuple[str, str]]:
    """Outcome and reason of all that fired, in order."""
    return [(each.outcome, each.reason) for each in aws.world.journal.entries()]
