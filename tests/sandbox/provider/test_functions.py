"""Functions that a program calls while it runs."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation as auto

from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox_process import ACCOUNT

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def test_account_region_partition_and_policies(stack: InlineStack) -> None:
    def program() -> None:
        document = aws.iam.get_policy_document(
            statements=[
                {
                    "actions": ["sqs:SendMessage"],
                    "resources": ["*"],
                    "principals": [{"type": "Service", "identifiers": ["scheduler.amazonaws.com"]}],
                    "conditions": [
                        {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}
                    ],
                }
            ]
        )
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("region", aws.get_region().region)
        pulumi.export("partition", aws.get_partition().partition)
        pulumi.export("document", document.json)

    stack.up(program)
    found = stack.outputs()
    assert (found["account"], found["region"], found["partition"]) == (ACCOUNT, "eu-west-1", "aws")
    assert json.loads(found["document"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": "*",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
            }
        ],
    }


def test_a_function_that_is_not_simulated_is_named(stack: InlineStack) -> None:
    with pytest.raises(auto.CommandError):
        stack.up(lambda: aws.get_availability_zones() and None)
    assert "does not simulate aws:index/getAvailabilityZones" in "\n".join(stack.output)
