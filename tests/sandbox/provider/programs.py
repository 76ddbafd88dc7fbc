"""Programs that the engine runs in these tests."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as native


def trust(*services: str) -> str:
    names = [f"{service}.amazonaws.com" for service in services]
    return policy("sts:AssumeRole", Principal={"Service": names})


def policy(action: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    if "Principal" not in more:
        statement.setdefault("Resource", "*")
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def definition(*steps: str) -> str:
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": "Rate", "Type": "String", "DefaultValue": "0.1"}],
            "Steps": [
                {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "as planned"}}
                for name in steps or ("Only",)
            ],
        }
    )


def everything(*, cron: str = "0 6 * * ? *", days: int = 4, steps: tuple[str, ...] = ()) -> None:
    """One resource of every type that the sandbox simulates."""
    role = aws.iam.Role(
        "role",
        assume_role_policy=trust("lambda", "sagemaker", "scheduler", "states"),
        tags={"team": "data"},
    )
    managed = aws.iam.Policy("managed", policy=policy("s3:GetObject"))
    aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=managed.arn)
    aws.iam.RolePolicy("inline", role=role.name, policy=policy("logs:PutLogEvents"))
    queue = aws.sqs.Queue("queue", message_retention_seconds=days * 86400)
    allowed = queue.arn.apply(
        lambda arn: policy(
            "sqs:SendMessage", Principal={"Service": "scheduler.amazonaws.com"}, Resource=arn
        )
    )
    aws.sqs.QueuePolicy("queue-policy", queue_url=queue.url, policy=allowed)
    logs = aws.cloudwatch.LogGroup("logs", retention_in_days=14)
    writing = {"Principal": {"Service": "events.amazonaws.com"}, "Resource": "*"}
    aws.cloudwatch.LogResourcePolicy(
        "logs-policy", resource_arn=logs.arn, policy_document=policy("logs:PutLogEvents", **writing)
    )
    bucket = aws.s3.Bucket("bucket", versioning={"enabled": True}, tags={"team": "data"})
    native.sagemaker.ModelPackageGroup("models", model_package_group_description="all of them")
    pipeline = native.sagemaker.Pipeline(
        "pipeline",
        role_arn=role.arn,
        pipeline_definition={"pipeline_definition_body": definition(*steps)},
        tags=[{"key": "team", "value": "data"}],
    )
    aws.sfn.StateMachine(
        "machine",
        role_arn=role.arn,
        definition=json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}),
        tags={"team": "data"},
    )
    aws.sagemaker.NotebookInstance(
        "notebook", role_arn=role.arn, instance_type="ml.t3.medium", tags={"team": "data"}
    )
    group = aws.scheduler.ScheduleGroup("group")
    aws.scheduler.Schedule(
        "schedule", **schedule(role, pipeline, queue, group=group.name, cron=cron)
    )
    functions(role=role.arn, bucket=bucket.bucket)
    events(queue=queue.arn)
    pulumi.export("role", role.name)
    pulumi.export("queue_url", queue.url)


def functions(*, role: pulumi.Input[str], bucket: pulumi.Input[str]) -> None:
    """A function that a bucket tells of its objects, and the bucket's further settings."""
    function = aws.lambda_.Function(
        "function",
        role=role,
        runtime="python3.12",
        handler="handler.main",
        code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def main(e, c): return 1")}),
        environment={"variables": {"A": "b"}},
        tags={"team": "data"},
    )
    aws.lambda_.FunctionEventInvokeConfig(
        "retries", function_name=function.name, maximum_retry_attempts=1
    )
    arn = pulumi.Output.concat("arn:aws:s3:::", bucket)
    allowed = aws.lambda_.Permission(
        "allowed", function=function.name, action="lambda:InvokeFunction",
        principal="s3.amazonaws.com", source_arn=arn,
    )  # fmt: skip
    aws.s3.BucketNotification(
        "notification",
        bucket=bucket,
        eventbridge=True,
        lambda_functions=[
            {
                "lambda_function_arn": function.arn,
                "events": ["s3:ObjectCreated:*"],
                "filter_prefix": "data/",
                "filter_suffix": ".csv",
            }
        ],
        opts=pulumi.ResourceOptions(depends_on=[allowed]),
    )
    aws.s3.BucketPublicAccessBlock("closed", bucket=bucket, block_public_acls=True)
    aws.s3.BucketVersioning(
        "versions", bucket=bucket, versioning_configuration={"status": "Enabled"}
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "encryption",
        bucket=bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
    )
    open_to = pulumi.Output.all(bucket=arn, role=role)
    aws.s3.BucketPolicy(
        "bucket-policy",
        bucket=bucket,
        policy=open_to.apply(
            lambda known: policy(
                "s3:ListBucket", Principal={"AWS": known["role"]}, Resource=known["bucket"]
            )
        ),
    )


def events(*, queue: pulumi.Input[str]) -> None:
    """A bus, its archive, and a rule with a target."""
    bus = aws.cloudwatch.EventBus("bus", description="orders", tags={"team": "data"})
    aws.cloudwatch.EventBusPolicy(
        "bus-policy",
        event_bus_name=bus.name,
        policy=bus.arn.apply(
            lambda arn: policy("events:PutEvents", Principal={"AWS": "*"}, Resource=arn)
        ),
    )
    aws.cloudwatch.EventArchive("archive", event_source_arn=bus.arn, retention_days=9)
    rule = aws.cloudwatch.EventRule(
        "rule",
        event_bus_name=bus.name,
        event_pattern=json.dumps({"source": ["my.app"], "detail": {"n": [{"numeric": [">", 1]}]}}),
        tags={"team": "data"},
    )
    aws.cloudwatch.EventTarget(
        "target",
        rule=rule.name,
        event_bus_name=bus.name,
        arn=queue,
        input_transformer={
            "input_paths": {"n": "$.detail.n"}, "input_template": '{"number": <n>}',
        },
        retry_policy={"maximum_retry_attempts": 3},
    )  # fmt: skip


def schedule(
    role: aws.iam.Role, pipeline: native.sagemaker.Pipeline, queue: aws.sqs.Queue,
    *, group: pulumi.Input[str], cron: str,
) -> dict[str, Any]:  # fmt: skip
    arn = role.arn.apply(lambda arn: arn.split(":")[4])
    return {
        "group_name": group,
        "schedule_expression": f"cron({cron})",
        "schedule_expression_timezone": "Europe/Berlin",
        "flexible_time_window": {"mode": "OFF"},
        "target": {
            "arn": pulumi.Output.concat(
                "arn:aws:sagemaker:eu-west-1:", arn, ":pipeline/", pipeline.pipeline_name
            ),
            "role_arn": role.arn,
            "dead_letter_config": {"arn": queue.arn},
            "retry_policy": {"maximum_retry_attempts": 3},
            "sagemaker_pipeline_parameters": {
                "pipeline_parameters": [{"name": "Rate", "value": "0.5"}]
            },
        },
    }


def same_names() -> None:
    """Names that two accounts can both have."""
    aws.iam.Role("role", name="same-role", assume_role_policy=trust("lambda"))
    aws.sqs.Queue("queue", name="same-queue")
