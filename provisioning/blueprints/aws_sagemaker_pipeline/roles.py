"""The roles of a pipeline: who may take them, and the least that they may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import names
from .footprint import Footprint

Statement = dict[str, Any]

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


@dataclass(frozen=True)
class Place:
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return names.arn(service, self.region, self.account, resource)

    def role(self, name: str) -> str:
        return names.role_arn(name, self.region, self.account)

    @property
    def partition(self) -> str:
        return names.partition(self.region)


def trust(service: str, account: str) -> dict[str, Any]:
    """Only this service, and only for this account: no confused deputy."""
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ]
    )


def schedule_policy(*, pipeline_arn: str, queue_arn: str) -> dict[str, Any]:
    return _document(
        [
            _allow("StartThisPipeline", ["sagemaker:StartPipelineExecution"], [pipeline_arn]),
            _allow("KeepFailedStarts", ["sqs:SendMessage"], [queue_arn]),
        ]
    )


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
        *_data({*found.reads, *writes, *read}, writes, place),
        *_images(found, place),
        _pass_roles(found, place, role_name),
        *_watching(place),
    ]
    return _document(statements)


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
        yield _allow(f"Run{api}s", [*actions, "sagemaker:AddTags"], resources)


def _models(found: Footprint, place: Place) -> Iterator[Statement]:
    if groups := sorted(_groups(found)):
        yield _allow(
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
        yield _allow(
            "MakeModels",
            ["sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"],
            [place.arn("sagemaker", f"model/{JOB_PREFIX}*")],
        )
    for kind, noun in (("Endpoint", "endpoint"), ("EndpointConfig", "endpoint-config")):
        if kind in found.steps:
            actions = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe")]
            if kind == "Endpoint":
                actions.append("sagemaker:UpdateEndpoint")
            yield _allow(f"Make{kind}s", actions, [place.arn("sagemaker", f"{noun}/*")])


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
        yield _allow("CallFunctions", ["lambda:InvokeFunction"], functions or ["*"])
    if "Callback" in found.steps:
        queues = [_queue_arn(url, place) for url in _texts(found, "Callback", "SqsQueueUrl")]
        yield _allow("SendCallbacks", ["sqs:SendMessage"], queues or ["*"])
    if "EMR" in found.steps:
        verbs = ("AddJobFlowSteps", "CancelSteps", "DescribeStep", "DescribeCluster")
        yield _allow(
            "RunOnEmr",
            [f"elasticmapreduce:{verb}" for verb in verbs],
            [place.arn("elasticmapreduce", "cluster/*")],
        )


def _texts(found: Footprint, kind: str, key: str) -> list[str]:
    return sorted({s[key] for s in found.steps.get(kind, []) if isinstance(s.get(key), str)})


def _queue_arn(url: str, place: Place) -> str:
    account, _, name = url.rstrip("/").rpartition("/")
    return names.arn("sqs", place.region, account.rpartition("/")[2] or place.account, name)


def _experiments(found: Footprint, place: Place) -> Iterator[Statement]:
    if found.experiments:
        nouns = ("Experiment", "Trial", "TrialComponent")
        actions = [f"sagemaker:{verb}{n}" for n in nouns for verb in ("Create", "Describe")]
        resources = [place.arn("sagemaker", f"experiment{part}/*") for part in ("", "-trial*")]
        more = ["sagemaker:AssociateTrialComponent", "sagemaker:AddTags"]
        yield _allow("KeepExperiments", [*actions, *more], resources)


def _networks(found: Footprint) -> Iterator[Statement]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html; ec2 scopes none of it."""
    if found.networks:
        nouns = ("NetworkInterface", "NetworkInterfacePermission")
        actions = [f"ec2:{verb}{noun}" for noun in nouns for verb in ("Create", "Delete")]
        seen = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
        yield _allow("EnterNetwork", [*actions, *(f"ec2:Describe{noun}" for noun in seen)], ["*"])


def _data(reads: set[str], writes: set[str], place: Place) -> Iterator[Statement]:
    if reads:
        yield _allow("ReadData", ["s3:GetObject"], _objects(reads, place))
        yield from _listing(reads, place)
    if writes:
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        yield _allow("WriteData", actions, _objects(writes, place))


def _listing(prefixes: set[str], place: Place) -> Iterator[Statement]:
    """SageMaker lists a prefix before it copies it; one statement per bucket."""
    buckets: dict[str, set[str]] = {}
    for address in prefixes:
        bucket, key = _split(address)
        buckets.setdefault(bucket, set()).add(f"{key}*")
    for number, bucket in enumerate(sorted(buckets)):
        arn = f"arn:{place.partition}:s3:::{bucket}"
        condition = {"StringLike": {"s3:prefix": sorted(_shortest(buckets[bucket]))}}
        listing = _allow(f"ListBucket{number}", ["s3:ListBucket"], [arn])
        yield listing | {"Condition": condition}
        yield _allow(f"FindBucket{number}", ["s3:GetBucketLocation"], [arn])


def _objects(prefixes: set[str], place: Place) -> list[str]:
    keys = {"/".join(_split(address)) + "*" for address in prefixes}
    return [f"arn:{place.partition}:s3:::{key}" for key in sorted(_shortest(keys))]


def _shortest(patterns: set[str]) -> set[str]:
    """Without those that another one, a shorter prefix, already covers."""
    return {
        one
        for one in patterns
        if not any(one != other and one.startswith(other[:-1]) for other in patterns)
    }


def _split(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key


def _images(found: Footprint, place: Place) -> Iterator[Statement]:
    if found.images:
        repositories = [
            f"arn:{place.partition}:ecr:{region}:{account}:repository/{repository}"
            for account, region, repository in sorted(found.images)
        ]
        verbs = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")
        yield _allow("PullImages", [f"ecr:{verb}" for verb in verbs], repositories)
        yield _allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"])


def _pass_roles(found: Footprint, place: Place, role_name: str) -> Statement:
    passing = _allow(
        "PassRolesToJobs",
        ["iam:PassRole"],
        sorted({place.role(role_name), *found.roles}),
    )
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return passing | {"Condition": condition}


def _watching(place: Place) -> Iterator[Statement]:
    verbs = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    groups = place.arn("logs", "log-group:/aws/sagemaker/*")
    yield _allow("WriteLogs", [f"logs:{verb}" for verb in verbs], [groups])
    metrics = _allow("WriteMetrics", ["cloudwatch:PutMetricData"], ["*"])
    namespace = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
    yield metrics | {"Condition": namespace}


def _allow(sid: str, actions: list[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _document(statements: list[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
