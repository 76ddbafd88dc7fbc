"""Training jobs of SageMaker that a Blueprint starts itself: their form, their request, and
what the role that they run as may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field

from .fields import Image, InstanceType, MetricName, Name, Regex, Text
from .forms import Form
from .names import Place
from .policies import Statement, allow, data_access, document, images, pass_roles, watching

HOUR = 3600
DAY = 24 * HOUR

_REPOSITORY = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.[a-z.]+/"
    r"(?P<repository>[a-z0-9][a-z0-9._/-]*)"
)


class Metric(Form):
    model_config = ConfigDict(title="Metric")

    name: MetricName = Field(title="Name", examples=["validation:rmse"])
    regex: Regex | None = Field(
        default=None,
        title="Regular expression",
        description="Finds the value in the job's log; its one group is the number. Empty for "
        "SageMaker's own algorithms: they report theirs, and refuse others.",
        examples=[r"validation-rmse:([0-9\.]+)"],
    )


class TrainingJob(Form):
    """Without its data."""

    model_config = ConfigDict(title="Training job")

    image: Image = Field(
        title="Image",
        description="Address of the container image in ECR, in the pipeline's region.",
        examples=["123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-image:1"],
        json_schema_extra={"widget": "image"},
    )
    instance_type: InstanceType = Field(
        default="ml.m5.xlarge",
        title="Instance type",
        examples=["ml.m5.xlarge", "ml.c5.2xlarge", "ml.g5.xlarge"],
    )
    instance_count: int = Field(default=1, ge=1, le=100, title="Instances")
    volume_gb: int = Field(
        default=30, ge=1, le=16384, title="Volume", json_schema_extra={"unit": "GB"}
    )
    max_runtime_seconds: int = Field(
        default=HOUR,
        ge=60,
        le=5 * DAY,
        title="Longest runtime",
        description="The job is stopped when it takes longer.",
        json_schema_extra={"unit": "seconds"},
    )
    input_mode: Literal["File", "FastFile", "Pipe"] = Field(
        default="File",
        title="Input mode",
        description="How data reach the container: copied first, or streamed.",
    )
    hyperparameters: dict[Text, Text] = Field(
        default={}, max_length=100, title="Hyperparameters", json_schema_extra={"widget": "map"}
    )
    metrics: list[Metric] = Field(
        default=[], max_length=40, title="Metrics", description="Read from the job's log."
    )


class Training(TrainingJob):
    """Each run brings its own data."""

    channel: Name = Field(
        default="train",
        title="Channel",
        description="Name under which the container finds the data.",
    )
    content_type: Text | None = Field(default=None, title="Content type", examples=["text/csv"])


def request(training: Training, *, role_arn: str, data: str, output: str) -> dict[str, Any]:
    """CreateTrainingJob without the job's name. `data` and `output` are S3 addresses."""
    inputs = [channel(training.channel, data, content_type=training.content_type)]
    return job_request(training, role_arn=role_arn, inputs=inputs, output=output)


def channel(name: str, data: str, *, content_type: str | None = None) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": data,
        "S3DataDistributionType": "FullyReplicated",
    }
    found: dict[str, Any] = {"ChannelName": name, "DataSource": {"S3DataSource": source}}
    return found | ({"ContentType": content_type} if content_type else {})


def job_request(
    training: TrainingJob, *, role_arn: str, inputs: Sequence[Mapping[str, Any]], output: str
) -> dict[str, Any]:
    """The same, with all its channels."""
    algorithm: dict[str, Any] = {
        "TrainingImage": training.image,
        "TrainingInputMode": training.input_mode,
    }
    if metrics := [each for each in training.metrics if each.regex]:
        algorithm["MetricDefinitions"] = [
            {"Name": each.name, "Regex": each.regex} for each in metrics
        ]
    found = {
        "AlgorithmSpecification": algorithm,
        "RoleArn": role_arn,
        "InputDataConfig": [dict(each) for each in inputs],
        "OutputDataConfig": {"S3OutputPath": output},
        "ResourceConfig": {
            "InstanceType": training.instance_type,
            "InstanceCount": training.instance_count,
            "VolumeSizeInGB": training.volume_gb,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": training.max_runtime_seconds},
    }
    if training.hyperparameters:
        found["HyperParameters"] = dict(training.hyperparameters)
    return found


def job_policy(
    training: TrainingJob, place: Place, *, reads: Iterable[str], writes: Iterable[str]
) -> dict[str, Any]:
    """Of the role that the job runs as. `reads` and `writes` are S3 prefixes."""
    return document(
        [
            *data_access(reads={*reads, *writes}, writes=set(writes), place=place),
            *images(_repositories(training.image, place)),
            *watching(place),
        ]
    )


def starting_jobs(place: Place, *, prefix: str, job_role: str) -> Iterator[Statement]:
    """For whatever starts jobs: only those whose names begin with `prefix`, as this role."""
    verbs = ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "AddTags")
    jobs = place.arn("sagemaker", f"training-job/{prefix}*")
    yield allow("RunTrainingJobs", [f"sagemaker:{verb}" for verb in verbs], [jobs])
    yield pass_roles([place.role(job_role)], "sagemaker.amazonaws.com")


def _repositories(image: str, place: Place) -> Iterator[str]:
    if found := _REPOSITORY.match(image):
        owner = f"{found['region']}:{found['account']}"
        yield f"arn:{place.partition}:ecr:{owner}:repository/{found['repository']}"
