"""What the targets of rules are given, of every kind that there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws.buses import (
    SOURCE,
    add_target,
    bus_arn,
    looks,
    make_queue,
    make_rule,
    put,
    queue_arn,
    received,
    rule_arn,
)
from tests.sandbox.aws.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    SandboxAws,
    allow,
    document,
    make_role,
)
from tests.sandbox.aws.definitions import definition, fail_step

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail"}, {"n": 7}),
        ({"InputPath": "$.detail.n"}, 7),
        ({"InputTransformer": {
            "InputPathsMap": {"n": "$.detail.n", "from": "$.source", "all": "$.detail"},
            "InputTemplate": '{"number": <n>, "from": <from>, "text": "<from> \\"<n>\\"", '
            '"all": <all>, "rule": <aws.events.rule-arn>}',
        }}, {"number": 7, "from": SOURCE, "text": f'{SOURCE} "7"', "all": {"n": 7},
             "rule": rule_arn("r")}),
        ({"InputTransformer": {"InputPathsMap": {"n": "$.detail.n"},
                               "InputTemplate": '"Order <n> was made"'}}, "Order 7 was made"),
    ],
)  # fmt: skip
def test_a_target_is_given_what_it_asks_for(
    aws: SandboxAws, target: dict[str, Any], given: Any
) -> None:
    rule = make_rule(aws, "r")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "r", queue_arn("q"), **target)

    put(aws, 7)

    assert received(aws, url) == [given]


def test_a_pipeline_is_started_with_values_of_the_event(aws: SandboxAws) -> None:
    pipeline = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/churn"
    own = make_role(aws, "runs", "sagemaker.amazonaws.com")
    parameters = [{"Name": "Input", "Type": "String", "DefaultValue": "none"}]
    aws.client("sagemaker").create_pipeline(
        PipelineName="Churn", RoleArn=own, ClientRequestToken="c" * 32,
        PipelineDefinition=json.dumps(definition(fail_step("Only"), parameters=parameters)),
    )  # fmt: skip
    role = make_role(
        aws, "fires", "events.amazonaws.com",
        allow("sagemaker:StartPipelineExecution", resource=pipeline),
    )  # fmt: skip
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    make_rule(
        aws, "r",
        {"source": ["aws.s3"], "detail-type": ["Object Created"],
         "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "data/"}]}}},
    )  # fmt: skip
    add_target(
        aws, "r", pipeline, RoleArn=role, SageMakerPipelineParameters={
            "PipelineParameterList": [{"Name": "Input", "Value": "$.detail.object.key"}]
        },
    )  # fmt: skip

    aws.client("s3").put_object(Bucket=BUCKET, Key="data/x y.csv", Body=b"1")
    aws.client("s3").put_object(Bucket=BUCKET, Key="other/x.csv", Body=b"1")

    sagemaker = aws.client("sagemaker")
    (run,) = sagemaker.list_pipeline_executions(PipelineName="Churn")["PipelineExecutionSummaries"]
    arn = run["PipelineExecutionArn"]
    found = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert found["PipelineParameters"] == [{"Name": "Input", "Value": "data/x y.csv"}]
    by = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["CreatedBy"]
    assert by["IamIdentity"]["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/fires/")


def test_a_log_group_needs_a_policy_of_the_account(aws: SandboxAws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/all"
    make_rule(aws, "r")
    add_target(aws, "r", group)
    put(aws, 1)
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
    }
    logs.put_resource_policy(policyName="events", policyDocument=document(policy))
    put(aws, 2)

    found = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert [json.loads(each["message"])["detail"]["n"] for each in found] == [2]
    assert [outcome for outcome, _ in looks(aws)] == ["refused", "delivered"]


def test_a_bus_hands_on_to_another(aws: SandboxAws) -> None:
    rule = make_rule(aws, "last", bus="second")
    url = make_queue(aws, "q", rule=rule)
    add_target(aws, "last", queue_arn("q"), bus="second")
    role = make_role(
        aws, "hands", "events.amazonaws.com",
        allow("events:PutEvents", resource=bus_arn("second")),
    )  # fmt: skip
    make_rule(aws, "first")
    add_target(aws, "first", bus_arn("second"), RoleArn=role)

    (id,) = put(aws, 1)

    assert [event["id"] for event in received(aws, url)] == [id]
