"""Differences between AWS and the definition, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.contracts import Difference, Drift
from provisioning.schedules.backwards import from_eventbridge

from ..common import drift
from . import policy_words

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
SCHEDULE = "aws:scheduler/schedule:Schedule"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ARCHIVE = "aws:cloudwatch/eventArchive:EventArchive"
FUNCTION = "aws:lambda/function:Function"
NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
PIPELINE = "aws-native:sagemaker:Pipeline"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
FUNCTION_RULES = "lambdaFunctions"

# What the cloud is called in a sentence, by kind.
NOUNS = {
    "aws:iam/role:Role": "role",
    ROLE_POLICY: "policy",
    "aws:sqs/queue:Queue": "dead-letter queue",
    SCHEDULE: "schedule",
    RULE: "rule",
    TARGET: "rule's target",
    NOTIFICATION: "bucket's notification",
    "aws:s3/bucket:Bucket": "bucket",
    PUBLIC_ACCESS: "bucket's lock against the public",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "bucket's encryption"
    ),
    FUNCTION: "function",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": "function's retries",
    "aws:lambda/permission:Permission": "permission to call the function",
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "log group's policy",
    "aws:cloudwatch/eventBus:EventBus": "event bus",
    ARCHIVE: "archive",
    NOTEBOOK: "notebook instance",
    "aws-native:sagemaker:ModelPackageGroup": "model package group",
    PIPELINE: "SageMaker pipeline",
    STATE_MACHINE: "state machine",
}
# Written by AWS itself, or of no meaning for what happens.
COSMETIC = (
    *("tags", "tagsAll", "description", "pipelineDescription"),
    *("lastModified", "sourceCodeSize"),
)


def _state(difference: Difference) -> str:
    stopped = difference.found == "DISABLED"
    return "was stopped in the cloud." if stopped else "was started in the cloud."


def _expression(difference: Difference) -> str:
    return drift.rescheduled(_timing(difference.expected), _timing(difference.found))


def _timing(native: Any) -> str:
    """Of a whole schedule: "cron(0 6 * * ? *) Europe/Berlin"."""
    expression, _, timezone = str(native).partition(") ")
    expression = f"{expression.removesuffix(')')})"
    return drift.timing(from_eventbridge(expression), timezone or "UTC", expression)


def _native(inputs: Mapping[str, Any]) -> str:
    zone = inputs.get("scheduleExpressionTimezone") or "UTC"
    return f"{inputs.get('scheduleExpression', '')} {zone}"


def _pattern(difference: Difference) -> str:
    return f"matches {difference.found} instead of {difference.expected}."


def _silent(difference: Difference) -> str:
    told = difference.found is True
    return "tells EventBridge of objects again." if told else "no longer tells EventBridge."


def _objects(difference: Difference) -> str:
    told, tells = (_rule_ids(each) for each in (difference.expected, difference.found))
    if lost := sorted(told - tells):
        return f"no longer tells the function of objects for {', '.join(lost)}."
    return "tells the function of other objects than it was told to."


def _rule_ids(rules: Any) -> set[str]:
    return (
        {str(each.get("id")) for each in rules if isinstance(each, dict)}
        if (isinstance(rules, list))
        else set()
    )


def _opened(difference: Difference) -> str:
    return f"was opened in the cloud: {difference.path}."


def _code(difference: Difference) -> str:
    return "runs other code than what was deployed."


def _kept(difference: Difference) -> str:
    return f"keeps events for {difference.found} days instead of {difference.expected}."


def _machine(difference: Difference) -> str:
    return f"runs on {difference.found} instead of {difference.expected}."


def _variables(difference: Difference) -> str:
    return "was given other settings than what was deployed."


def _target(difference: Difference) -> str:
    return f"has another target than it was given: {drift.changed(difference)}."


def _permissions(difference: Difference) -> str:
    told = policy_words.compared(difference.expected, difference.found)
    return told or "permits something else than what was deployed."


def _definition(difference: Difference) -> str:
    return "runs other states than what was deployed."


def _steps(difference: Difference) -> str:
    return "runs other steps than what was deployed."


def _taken_role(difference: Difference) -> str:
    return f"acts as another role: {difference.found}."


def _trust(difference: Difference) -> str:
    return "can be taken by others than what was deployed."


WORDED: dict[tuple[str, str], drift.Worded] = {
    (SCHEDULE, "state"): _state,
    (SCHEDULE, "scheduleExpression"): _expression,
    (SCHEDULE, "target"): _target,
    (RULE, "state"): _state,
    (RULE, "eventPattern"): _pattern,
    (ARCHIVE, "retentionDays"): _kept,
    (FUNCTION, "code"): _code,
    (FUNCTION, "codeSha256"): _code,
    (NOTEBOOK, "instanceType"): _machine,
    (TARGET, "arn"): _target,
    (TARGET, "roleArn"): _target,
    (NOTIFICATION, "eventbridge"): _silent,
    (NOTIFICATION, "lambdaFunctions"): _objects,
    (FUNCTION, "environment"): _variables,
    (PUBLIC_ACCESS, "blockPublicAcls"): _opened,
    (PUBLIC_ACCESS, "blockPublicPolicy"): _opened,
    (PUBLIC_ACCESS, "ignorePublicAcls"): _opened,
    (PUBLIC_ACCESS, "restrictPublicBuckets"): _opened,
    (ROLE_POLICY, "policy"): _permissions,
    ("aws:iam/role:Role", "assumeRolePolicy"): _trust,
    (STATE_MACHINE, "definition"): _definition,
    (PIPELINE, "pipelineDefinition"): _steps,
    (STATE_MACHINE, "roleArn"): _taken_role,
}


# A schedule is its expression and its zone; a notification all that the bucket tells of.
WHOLES = (
    drift.Whole(
        SCHEDULE,
        ("scheduleExpression", "scheduleExpressionTimezone"),
        "scheduleExpression",
        _native,
    ),
    drift.Whole(
        NOTIFICATION, (FUNCTION_RULES,), FUNCTION_RULES, lambda inputs: inputs.get(FUNCTION_RULES)
    ),
)


def explain(difference: Difference) -> Drift | None:
    """None where nothing better can be said than that it differs."""
    return drift.explain(difference, drift.Words(NOUNS, _cosmetic, WORDED))


def _cosmetic(path: str) -> bool:
    return drift.first_part(path) in COSMETIC
