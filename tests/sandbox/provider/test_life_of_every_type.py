"""Every simulated type from its creation to its end, under the official engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provisioning.sandbox.provider import registry
from tests.sandbox.provider.inline_stack import InlineStack
from tests.sandbox.provider.programs import everything

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]


def everything_in(aws: Callable[..., Any]) -> dict[str, list[str]]:
    """What boto3 finds in the account, by kind."""
    iam, logs, scheduler = aws("iam"), aws("logs"), aws("scheduler")
    groups = scheduler.list_schedule_groups()["ScheduleGroups"]
    packages = aws("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    return {
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "policies": [one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"]],
        "queues": aws("sqs").list_queues().get("QueueUrls", []),
        "log groups": [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]],
        "buckets": [one["Name"] for one in aws("s3").list_buckets()["Buckets"]],
        "pipelines": aws("sagemaker").list_pipelines()["PipelineSummaries"],
        "model groups": packages,
        "notebooks": aws("sagemaker").list_notebook_instances()["NotebookInstances"],
        "state machines": aws("stepfunctions").list_state_machines()["stateMachines"],
        "functions": aws("lambda").list_functions()["Functions"],
        "buses": aws("events").list_event_buses()["EventBuses"][1:],
        "archives": aws("events").list_archives()["Archives"],
        "groups": [one["Name"] for one in groups if one["Name"] != "default"],
        "schedules": scheduler.list_schedules()["Schedules"],
    }


def test_every_type_lives_and_leaves_nothing(stack: InlineStack, aws: Callable[..., Any]) -> None:
    stack.account = "100000000001"

    def here(service: str) -> Any:
        return aws(service, account=stack.account)

    ours = {token for token in registry.tokens() if token.startswith("aws")}
    count = len(ours) + 1  # and the stack itself
    assert stack.preview(everything) == {"create": count}
    assert not any(everything_in(here).values()), "a preview makes nothing"

    assert stack.up(everything) == {"create": count}
    assert stack.problems() == ""
    assert all(everything_in(here).values())
    assert {one["type"] for one in stack.resources().values()} >= ours

    assert stack.up(everything) == {"same": count}, "nothing to do when repeated"
    assert stack.refresh() == {"same": count}, "what is read back is what was written"
    assert stack.up(everything) == {"same": count}, "also after a refresh"

    assert stack.destroy() == {"delete": count}
    assert not any(everything_in(here).values()), "nothing is left"
