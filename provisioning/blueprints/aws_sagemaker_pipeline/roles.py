"""The roles of a pipeline: who may take them, and the least that they may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from .footprint import Footprint

# Step type → (what the API calls its job, what an ARN calls it).
JOBS = {
    "Training": ("TrainingJob", "training-job"),
    "Processing": ("ProcessingJob", "processing-job"),
    "ClarifyCheck": ("ProcessingJob", "processing-job"),
    "QualityCheck": ("ProcessingJob", "processing-job"),
    "Transform": ("TransformJob", "transform-job"),
    "Tuning": ("HyperParameterTuningJob", "hyper-parameter-tuning-job"),
    "AutoML": ("AutoMLJob", "automl-job"),
}
NAMED = ("TrainingJobName", "ProcessingJobName", "TransformJobName")
# A pipeline names its jobs pipelines-<run>-<step>-<random>, unless a step gives a prefix.
JOB_PREFIX = "pipelines-"


def execution_policy(
    found: Footprint, *, place: Place, role_name: str, read: Iterable[str], write: Iterable[str]
) -> dict[str, Any]:
    """What the steps need, and nothing beside it."""
    writes = {*found.writes, *write}
    statements = [
        *_jobs(found, place),
        *_models(found, place),
        *_integrations(found, place),
        *_experiments(found, place),
        *_networks(found),
        *data_access(reads={*found.reads, *writes, *read}, writes=writes, place=place),
        *images(_repositories(found, place)),
        pass_roles({place.role(role_name), *found.roles}, "sagemaker.amazonaws.com"),
        *watching(place),
    ]
    return document(statements)


def _jobs(found: Footprint, place: Place) -> Iterator[Statement]:
    given = {
        str(step["Arguments"][key])
        for steps in found.steps.values()
        for step in steps
        for key in NAMED
        if isinstance(step.get("Arguments", {}).get(key), str)
    }
    for api, noun in dict.fromkeys(JOBS[kind] for kind in found.steps if kind in JOBS):
        actions = [f"sagemaker:{verb}{api}" for verb in ("Create", "Describe", "Stop")]
        resources = [place.arn("sagemaker", f"{noun}/{p}*") for p in (JOB_PREFIX, *sorted(given))]
        yield allow(f"Run{api}s", [*actions, "sagemaker:AddTags"], resources)


def _models(found: Footprint, place: Place) -> Iterator[Statement]:
    if groups := sorted(_groups(found)):
        yield allow(
            "RegisterModels",
            [
                "sagemaker:CreateModelPackageGroup",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:CreateModelPackage",
                "sagemaker:DescribeModelPackage",
                "sagemaker:AddTags",
            ],
            [
                place.arn("sagemaker", f"{noun}/{group}")
                for group in groups
                for noun in ("model-package-group", "model-package")
            ]
            + [place.arn("sagemaker", f"model-package/{group}/*") for group in groups],
        )
    if "Model" in found.steps:
        yield allow(
            "MakeModels",
            ["sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"],
            [place.arn("sagemaker", f"model/{JOB_PREFIX}*")],
        )
    for kind, noun in (("Endpoint", "endpoint"), ("EndpointConfig", "endpoint-config")):
        if kind in found.steps:
            actions = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe")]
            if kind == "Endpoint":
                actions.append("sagemaker:UpdateEndpoint")
            yield allow(f"Make{kind}s", actions, [place.arn("sagemaker", f"{noun}/*")])


def _groups(found: Footprint) -> set[str]:
    """SageMaker writes names in ARNs in small letters; which ones, it does not say."""
    given = {
        str(step.get("Arguments", {}).get("ModelPackageGroupName", "*"))
        for step in found.steps.get("RegisterModel", [])
    }
    plain = {name if "{" not in name else "*" for name in given}
    return plain | {name.lower() for name in plain}


def _integrations(found: Footprint, place: Place) -> Iterator[Statement]:
    functions = _texts(found, "Lambda", "FunctionArn")
    if "Lambda" in found.steps:
        yield allow("CallFunctions", ["lambda:InvokeFunction"], functions or ["*"])
    if "Callback" in found.steps:
        queues = [_queue_arn(url, place) for url in _texts(found, "Callback", "SqsQueueUrl")]
        yield allow("SendCallbacks", ["sqs:SendMessage"], queues or ["*"])
    if "EMR" in found.steps:
        verbs = ("AddJobFlowSteps", "CancelSteps", "DescribeStep", "DescribeCluster")
        yield allow(
            "RunOnEmr",
            [f"elasticmapreduce:{verb}" for verb in verbs],
            [place.arn("elasticmapreduce", "cluster/*")],
        )


def _texts(found: Footprint, kind: str, key: str) -> list[str]:
    return sorted({s[key] for s in found.steps.get(kind, []) if isinstance(s.get(key), str)})


def _queue_arn(url: str, place: Place) -> str:
    account, _, name = url.rstrip("/").rpartition("/")
    owner = account.rpartition("/")[2] or place.account
    return Place(place.region, owner).arn("sqs", name)


def _experiments(found: Footprint, place: Place) -> Iterator[Statement]:
    if found.experiments:
        nouns = ("Experiment", "Trial", "TrialComponent")
        actions = [f"sagemaker:{verb}{n}" for n in nouns for verb in ("Create", "Describe")]
        resources = [place.arn("sagemaker", f"experiment{part}/*") for part in ("", "-trial*")]
        more = ["sagemaker:AssociateTrialComponent", "sagemaker:AddTags"]
        yield allow("KeepExperiments", [*actions, *more], resources)


def _networks(found: Footprint) -> Iterator[Statement]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html; ec2 scopes none of it."""
    if found.networks:
        nouns = ("NetworkInterface", "NetworkInterfacePermission")
        actions = [f"ec2:{verb}{noun}" for noun in nouns for verb in ("Create", "Delete")]
        seen = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
        yield allow("EnterNetwork", [*actions, *(f"ec2:Describe{noun}" for noun in seen)], ["*"])


def _repositories(found: Footprint, place: Place) -> list[str]:
    return [
        f"arn:{place.partition}:ecr:{region}:{account}:repository/{repository}"
        for account, region, repository in found.images
    ]
