"""The roles of a state machine and of its jobs: the least that they may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..aws_common.names import Place
from ..aws_common.policies import (
    Statement,
    allow,
    data_access,
    document,
    images,
    pass_roles,
    watching,
)
from . import names
from .footprint import Call, Footprint, beginning, literal
from .settings import Allowed

# What SageMaker calls a job, what its request calls the name, what an ARN calls it.
JOBS = {
    "createTrainingJob": ("TrainingJob", "TrainingJobName", "training-job"),
    "createProcessingJob": ("ProcessingJob", "ProcessingJobName", "processing-job"),
    "createTransformJob": ("TransformJob", "TransformJobName", "transform-job"),
}
# The rules that Step Functions makes to hear of the end of what it waits for.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
JOB_RULE = "rule/StepFunctionsGetEventsForSageMaker{}sRule"
EXECUTION_RULE = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
# Where IAM calls a service otherwise than an integration does.
PREFIXES = {"sfn": "states", "eventbridge": "events", "cloudwatchlogs": "logs"}
# What permissions are derived for; for all else somebody has to say what is allowed.
KNOWN = frozenset(("sagemaker", "lambda", "sqs", "events", "states", "sns"))
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html; none can be limited.
LOG_DELIVERY = (
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


def machine_policy(
    found: Footprint, *, slug: str, place: Place, allowed: Sequence[Allowed], logs: bool
) -> dict[str, Any]:
    """What the states need, and nothing beside it."""
    statements = [
        *_jobs(found, place),
        *_functions(found, place),
        *_messages(found, place),
        *_executions(found, slug, place),
    ]
    for number, each in enumerate(allowed):
        statements.append(allow(f"Further{number}", list(each.actions), list(each.resources)))
    if logs:
        statements.append(allow("DeliverLogs", list(LOG_DELIVERY), ["*"]))
    return document(statements)


def job_policy(
    found: Footprint, *, place: Place, read: Iterable[str], write: Iterable[str]
) -> dict[str, Any]:
    writes = {*found.writes, *write}
    return document(
        [
            *data_access(reads={*found.reads, *writes, *read}, writes=writes, place=place),
            *images(
                f"arn:{place.partition}:ecr:{region}:{account}:repository/{repository}"
                for account, region, repository in found.images
            ),
            *watching(place),
        ]
    )


def underived(found: Footprint, allowed: Sequence[Allowed]) -> Iterator[tuple[Call, str]]:
    """Calls for which no permission follows and none is given, with the service's prefix."""
    given = {action.partition(":")[0] for each in allowed for action in each.actions}
    for call in found.calls:
        derived = call.service in KNOWN and (
            call.service != "sagemaker" or call.action in (*JOBS, "createModel")
        )
        prefix = PREFIXES.get(name := call.service.rpartition(":")[2], name)
        if prefix and not derived and prefix not in given:
            yield call, prefix


def _jobs(found: Footprint, place: Place) -> Iterator[Statement]:
    calls = [each for each in found.calls if each.service == "sagemaker"]
    for action, (api, key, noun) in JOBS.items():
        if mine := _names(calls, action, key):
            verbs = [f"sagemaker:{verb}{api}" for verb in ("Create", "Describe", "Stop")]
            arns = [place.arn("sagemaker", f"{noun}/{name}") for name in mine]
            yield allow(f"Run{api}s", [*verbs, "sagemaker:AddTags"], arns)
            yield _hearing(f"HearOf{api}s", place.arn("events", JOB_RULE.format(api)))
    if models := _names(calls, "createModel", "ModelName"):
        arns = [place.arn("sagemaker", f"model/{name}") for name in models]
        yield allow("MakeModels", ["sagemaker:CreateModel", "sagemaker:AddTags"], arns)
    if calls and found.roles:
        yield pass_roles(found.roles, "sagemaker.amazonaws.com")


def _names(calls: Sequence[Call], action: str, key: str) -> list[str]:
    """SageMaker writes names in ARNs in small letters; which ones, it does not say."""
    found = {beginning(each.parameters, key) for each in calls if each.action == action}
    return sorted(found | {name.lower() for name in found})


def _functions(found: Footprint, place: Place) -> Iterator[Statement]:
    if functions := found.named("lambda", "FunctionName"):
        arns = [
            name if name.startswith(("arn:", "*")) else place.arn("lambda", f"function:{name}")
            for name in functions
        ]
        yield allow("CallFunctions", ["lambda:InvokeFunction"], arns)


def _messages(found: Footprint, place: Place) -> Iterator[Statement]:
    if queues := found.named("sqs", "QueueUrl"):
        arns = [_queue_arn(url, place) for url in queues]
        yield allow("SendMessages", ["sqs:SendMessage"], arns)
    if topics := found.named("sns", "TopicArn"):
        yield allow("Publish", ["sns:Publish"], topics)
    buses = {bus for each in found.calls if each.service == "events" for bus in _buses(each)}
    if buses:
        arns = [
            bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
            for bus in sorted(buses)
        ]
        yield allow("PutEvents", ["events:PutEvents"], arns)


def _buses(call: Call) -> Iterator[str]:
    entries = call.parameters.get("Entries")
    if not isinstance(entries, list):
        yield "*"
        return
    for each in entries:
        named = isinstance(each, dict) and ("EventBusName" in each or "EventBusName.$" in each)
        yield literal(each, "EventBusName") if named else "default"


def _queue_arn(url: str, place: Place) -> str:
    if url == "*":
        return url
    account, _, name = url.rstrip("/").rpartition("/")
    owner = account.rpartition("/")[2] or place.account
    return Place(place.region, owner).arn("sqs", name)


def _executions(found: Footprint, slug: str, place: Place) -> Iterator[Statement]:
    """Of other machines, and of this one by a Map in the distributed mode."""
    machines = set(found.named("states", "StateMachineArn"))
    if found.distributed:
        machines.add(names.machine_arn(slug, place))
    if not machines:
        return
    yield allow("StartMachines", ["states:StartExecution"], sorted(machines))
    runs = [f"{arn.replace(':stateMachine:', ':execution:')}:*" for arn in sorted(machines)]
    verbs = [f"states:{verb}Execution" for verb in ("Describe", "Stop")]
    yield allow("FollowExecutions", verbs, ["*"] if "*" in machines else runs)
    yield _hearing("HearOfExecutions", place.arn("events", EXECUTION_RULE))


def _hearing(sid: str, rule: str) -> Statement:
    verbs = ("PutTargets", "PutRule", "DescribeRule")
    return allow(sid, [f"events:{verb}" for verb in verbs], [rule])
