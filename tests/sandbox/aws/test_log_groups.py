"""CloudWatch Logs: what a search finds and in what order, and whom a group lets write."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.buses import add_target, make_rule, put, rule_arn
from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, document

GROUP = "/aws/events/own"
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"


def write(aws: SandboxAws, stream: str, *lines: tuple[int, str]) -> None:
    """`lines` are seconds from now and texts."""
    logs, now = aws.client("logs"), int(aws.clock.read() * 1000)
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": now + 1000 * second, "message": text} for second, text in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def texts(aws: SandboxAws, **asked: Any) -> list[str]:
    found = aws.client("logs").filter_log_events(logGroupName=GROUP, **asked)
    return [each["message"] for each in found["events"]]


# ── Searches ────────────────────────────────────────────────────────────────────────


def test_lines_of_all_streams_are_in_order_of_time(aws: SandboxAws) -> None:
    write(aws, "job-1/a", (1, "one"), (4, "four"))
    write(aws, "job-1/b", (2, "two"), (3, "three"))
    write(aws, "job-10/a", (0, "other"))
    assert texts(aws) == ["other", "one", "two", "three", "four"]
    assert texts(aws, logStreamNamePrefix="job-1/") == ["one", "two", "three", "four"]
    assert texts(aws, logStreamNames=["job-1/a"]) == ["one", "four"]
    assert texts(aws, startFromHead=False) == ["four", "three", "two", "one", "other"]
    with pytest.raises(ClientError, match="at the same time"):
        texts(aws, logStreamNames=["job-1/a"], logStreamNamePrefix="job-1/")


def test_a_search_has_both_ends_of_its_time(aws: SandboxAws) -> None:
    write(aws, "s", (1, "one"), (2, "two"), (3, "three"))
    now = int(aws.clock.read() * 1000)
    assert texts(aws, startTime=now + 2000) == ["two", "three"]
    assert texts(aws, endTime=now + 2000) == ["one", "two"]


def test_pages_follow_each_other_also_when_lines_came_meanwhile(aws: SandboxAws) -> None:
    write(aws, "s", (1, "one"), (2, "two"), (3, "three"))
    logs = aws.client("logs")
    first = logs.filter_log_events(logGroupName=GROUP, limit=2)
    write(aws, "late", (0, "before all"), (4, "four"))
    rest = logs.filter_log_events(logGroupName=GROUP, nextToken=first["nextToken"])
    assert [each["message"] for each in (*first["events"], *rest["events"])] == [
        "one", "two", "three", "four",
    ]  # fmt: skip
    assert "nextToken" not in rest


def test_a_text_is_found_and_a_pattern_that_is_not_known_is_refused(aws: SandboxAws) -> None:
    write(aws, "s", (1, '{"job": "churn-1"}'), (2, '{"job": "churn-12"}'), (3, "else"))
    assert texts(aws, filterPattern='"churn-1\\""') == []
    assert texts(aws, filterPattern='"churn-1"') == ['{"job": "churn-1"}', '{"job": "churn-12"}']
    with pytest.raises(ClientError, match="does not simulate the filter pattern"):
        texts(aws, filterPattern='{ $.job = "churn-1" }')


def test_a_group_that_is_not_there_is_said_so(aws: SandboxAws) -> None:
    with pytest.raises(ClientError) as caught:
        texts(aws)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


# ── Policies of one group ───────────────────────────────────────────────────────────


def policy(rule: str) -> str:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{ARN}:*",
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
    )


def recorded(aws: SandboxAws) -> list[int]:
    return [json.loads(text)["detail"]["n"] for text in texts(aws)]


def test_a_groups_own_policy_lets_one_rule_write_also_after_a_restart(aws: SandboxAws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for name in ("records", "others"):
        make_rule(aws, name)
        add_target(aws, name, ARN)
    made = logs.put_resource_policy(resourceArn=ARN, policyDocument=policy(rule_arn("records")))
    put(aws, 1)
    assert recorded(aws) == [1]
    aws.restart()
    put(aws, 2)
    assert recorded(aws) == [1, 2]
    (found,) = aws.client("logs").describe_resource_policies(
        resourceArn=ARN, policyScope="RESOURCE"
    )["resourcePolicies"]
    assert (found["resourceArn"], found["revisionId"]) == (ARN, made["revisionId"])
    assert found["policyScope"] == "RESOURCE"


def test_a_policy_is_changed_only_by_who_knows_the_one_that_is_there(aws: SandboxAws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    given = {"resourceArn": ARN, "policyDocument": policy(rule_arn("r"))}
    revision = logs.put_resource_policy(**given)["revisionId"]
    with pytest.raises(ClientError, match="revision"):
        logs.put_resource_policy(**given)
    newer = logs.put_resource_policy(**given, expectedRevisionId=revision)["revisionId"]
    with pytest.raises(ClientError, match="revision"):
        logs.delete_resource_policy(resourceArn=ARN, expectedRevisionId=revision)
    logs.delete_resource_policy(resourceArn=ARN, expectedRevisionId=newer)
    found = logs.describe_resource_policies(resourceArn=ARN, policyScope="RESOURCE")
    assert found["resourcePolicies"] == []


def test_a_policy_goes_with_its_group(aws: SandboxAws) -> None:
    logs = aws.client("logs")
    with pytest.raises(ClientError, match="does not exist"):
        logs.put_resource_policy(resourceArn=ARN, policyDocument=policy(rule_arn("r")))
    logs.create_log_group(logGroupName=GROUP)
    logs.put_resource_policy(resourceArn=ARN, policyDocument=policy(rule_arn("r")))
    logs.delete_log_group(logGroupName=GROUP)
    logs.create_log_group(logGroupName=GROUP)
    found = logs.describe_resource_policies(resourceArn=ARN, policyScope="RESOURCE")
    assert found["resourcePolicies"] == []
