"""Events that Lambda takes now and runs soon: at least once, with retries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, allow
from tests.sandbox.aws.functions import eventually, function_arn, invoke, log_lines, make_function
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
SAYS = "def main(event, context): print('got', event['n'])"
FAILS = """
    def main(event, context):
        print("attempt", context.aws_request_id)
        raise RuntimeError("not today")
"""


def send(aws: SandboxAws, name: str, event: Any) -> None:
    answer = invoke(aws, name, event, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, None)


def said(aws: SandboxAws, name: str, word: str) -> list[str]:
    return [line for line in log_lines(aws, name) if line.startswith(word)]


def make_queue(aws: SandboxAws) -> str:
    return str(aws.client("sqs").create_queue(QueueName="letters")["QueueUrl"])


def messages(aws: SandboxAws, url: str) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )
    return list(answer.get("Messages", []))


def test_an_event_is_run_once_in_the_order_it_came(aws: SandboxAws) -> None:
    make_function(aws, "says", SAYS)
    aws.client("lambda").put_function_concurrency(
        FunctionName="says", ReservedConcurrentExecutions=1
    )

    for n in range(20):
        send(aws, "says", {"n": n})

    eventually(lambda: len(said(aws, "says", "got")) == 20)
    assert said(aws, "says", "got") == [f"got {n}" for n in range(20)]


def test_a_clock_that_is_advanced_waits_for_what_runs(aws: SandboxAws) -> None:
    code = """
        import time
        def main(event, context):
            time.sleep(1)
            print("got it")
    """
    make_function(aws, "sleeps", code)
    before = aws.now()
    send(aws, "sleeps", {})

    aws.advance("PT6H")

    (found,) = aws.client("logs").filter_log_events(
        logGroupName="/aws/lambda/sleeps", filterPattern="got"
    )["events"]
    assert found["timestamp"] / 1000 - before.timestamp() < 60, "when it came, not hours later"


def test_a_failure_is_tried_twice_more_then_goes_to_the_dead_letters(aws: SandboxAws) -> None:
    url = make_queue(aws)
    make_function(
        aws, "fails", FAILS, allow("sqs:SendMessage", resource=QUEUE),
        DeadLetterConfig={"TargetArn": QUEUE},
    )  # fmt: skip
    send(aws, "fails", {"n": 7})
    eventually(lambda: len(said(aws, "fails", "attempt")) == 1)

    aws.advance("PT61S")
    assert len(said(aws, "fails", "attempt")) == 2
    assert messages(aws, url) == []
    aws.advance("PT2M")

    attempts = said(aws, "fails", "attempt")
    assert len(attempts) == 3
    assert len(set(attempts)) == 1, "all of one request"
    (letter,) = messages(aws, url)
    assert json.loads(letter["Body"]) == {"n": 7}
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert attributes["RequestID"] == attempts[0].split()[1]
    assert attributes["ErrorMessage"] == "not today"
    aws.advance("PT1H")
    assert len(said(aws, "fails", "attempt")) == 3
    reasons = [entry.reason for entry in aws.world.journal.entries()]
    assert reasons == [
        "RuntimeError: not today. It is tried again in 60 s.",
        "RuntimeError: not today. It is tried again in 120 s.",
        "RuntimeError: not today. It was tried 3 times.",
    ]


def test_a_destination_hears_of_a_failure(aws: SandboxAws) -> None:
    url = make_queue(aws)
    make_function(aws, "fails", FAILS, allow("sqs:SendMessage", resource=QUEUE))
    client = aws.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="fails", MaximumRetryAttempts=0, DestinationConfig={
            "OnFailure": {"Destination": QUEUE}
        },
    )  # fmt: skip
    send(aws, "fails", {"n": 1})

    (message,) = eventually(lambda: messages(aws, url))
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["functionArn"] == f"{function_arn('fails')}:$LATEST"
    assert record["requestPayload"] == {"n": 1}
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "not today"
    found = client.get_function_event_invoke_config(FunctionName="fails")
    assert found["DestinationConfig"]["OnFailure"] == {"Destination": QUEUE}


def test_a_destination_needs_the_roles_permission(aws: SandboxAws) -> None:
    make_queue(aws)
    make_function(aws, "says", SAYS)

    code, message = error(
        aws.client("lambda").put_function_event_invoke_config,
        FunctionName="says", DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )  # fmt: skip
    assert code == "InvalidParameterValueException"
    assert "SendMessage" in message


def test_what_was_accepted_is_run_after_a_restart(aws: SandboxAws) -> None:
    make_function(aws, "says", SAYS)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="says", ReservedConcurrentExecutions=0)
    send(aws, "says", {"n": 1})
    assert error(client.invoke, FunctionName="says")[0] == "TooManyRequestsException"

    aws.restart()
    aws.client("lambda").delete_function_concurrency(FunctionName="says")
    aws.advance("PT2M")

    assert said(aws, "says", "got") == ["got 1"]


def test_an_event_of_a_deleted_function_is_dropped(aws: SandboxAws) -> None:
    make_function(aws, "fails", FAILS)
    send(aws, "fails", {})
    eventually(lambda: len(said(aws, "fails", "attempt")) == 1)
    aws.client("lambda").delete_function(FunctionName="fails")

    aws.advance("PT10M")

    assert len(said(aws, "fails", "attempt")) == 1
    assert aws.world.journal.entries()[-1].reason == "The function was deleted."


def test_an_event_has_to_be_json(aws: SandboxAws) -> None:
    make_function(aws, "says", SAYS)

    code, _ = error(
        aws.client("lambda").invoke, FunctionName="says", InvocationType="Event", Payload=b"{"
    )
    assert code == "InvalidRequestContentException"
