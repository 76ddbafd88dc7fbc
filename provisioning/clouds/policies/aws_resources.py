"""Which resources an action of AWS is limited to. Skyclock's own have names that begin alike.

https://docs.aws.amazon.com/service-authorization/latest/reference/ says which actions can be
limited at all. Lists cannot, and what is read to observe is the account's, whoever made it.
"""

from __future__ import annotations

import re

OURS = "skyclock-*"
ANY = "*"
# Read to observe, and still of Skyclock's own only: dead letters are messages of somebody.
OWN_READS = frozenset({"sqs:GetQueueUrl", "sqs:ReceiveMessage"})
# The first pattern that fits decides. "{arn}" is arn:PARTITION:SERVICE:REGION:ACCOUNT.
NARROWED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"iam:.*", ("{iam}:role/skyclock-*",)),
    (r"s3:.*Object(Version)?", ("{s3}:::skyclock-*/*",)),
    (r"s3:.*", ("{s3}:::skyclock-*",)),
    (r"sqs:.*", ("{arn}:skyclock-*",)),
    (r"scheduler:.*", ("{arn}:schedule/*/skyclock-*",)),
    (r"events:PutEvents", ("{arn}:event-bus/*",)),
    (r"events:.*EventBus", ("{arn}:event-bus/skyclock-*",)),
    (r"events:.*Archive", ("{arn}:archive/skyclock-*", "{arn}:event-bus/skyclock-*")),
    (r"events:StartReplay", ("{arn}:replay/*", "{arn}:archive/skyclock-*")),
    (r"events:(Un)?[Tt]ag.*|events:ListTags.*", ("{arn}:rule/*", "{arn}:event-bus/skyclock-*")),
    # On a bus of its own a rule is named rule/BUS/RULE.
    (r"events:.*", ("{arn}:rule/skyclock-*", "{arn}:rule/*/skyclock-*")),
    (r"lambda:.*", ("{arn}:function:skyclock-*",)),
    (r"states:(Stop|Redrive)Execution", ("{arn}:execution:skyclock-*",)),
    (r"states:ValidateStateMachineDefinition", (ANY,)),
    (r"states:.*", ("{arn}:stateMachine:skyclock-*",)),
    # A pipeline's executions and jobs have names of SageMaker's making.
    (r"sagemaker:.*TrainingJob", ("{arn}:training-job/*",)),
    (r"sagemaker:.*PipelineExecution.*", ("{arn}:pipeline/skyclock-*",)),
    (r"sagemaker:.*Pipeline", ("{arn}:pipeline/skyclock-*",)),
    (r"sagemaker:.*NotebookInstance", ("{arn}:notebook-instance/skyclock-*",)),
    # What models are registered in has a name that people choose.
    (r"sagemaker:.*ModelPackageGroup", ("{arn}:model-package-group/*",)),
    (r"sagemaker:.*ModelPackages?", ("{arn}:model-package/*", "{arn}:model-package-group/*")),
    (r"sagemaker:.*Tags", ("{arn}:*/*",)),
    (r"logs:.*ResourcePolic.*|logs:DescribeLogGroups", (ANY,)),
    (r"logs:.*", (
        "{arn}:log-group:/aws/lambda/skyclock-*",
        "{arn}:log-group:/aws/events/skyclock-*",
        "{arn}:log-group:/aws/vendedlogs/states/skyclock-*",
    )),
)  # fmt: skip
# Who is handed a role of Skyclock's, and nobody else.
PASSED_TO = ("events", "lambda", "sagemaker", "scheduler", "states")


def resources_of(action: str, *, reading: bool, partition: str, region: str, account: str) -> (
    tuple[str, ...]
):  # fmt: skip
    """ARN patterns, or ("*",) where the action takes none or is for the whole account."""
    if reading and action not in OWN_READS:
        return (ANY,)
    found = next((each for rule, each in NARROWED if re.fullmatch(rule, action)), (ANY,))
    service = action.partition(":")[0]
    places = {
        "arn": f"arn:{partition}:{service}:{region}:{account}",
        "iam": f"arn:{partition}:iam::{account}",
        "s3": f"arn:{partition}:s3",
    }
    return tuple(each.format(**places) for each in found)


def partition_of(region: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    known = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))
    return next((name for prefix, name in known if region.startswith(prefix)), "aws")
