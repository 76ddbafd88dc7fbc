"""The steps of a pipeline, as the form and the API describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..aws_common.fields import EntityName, LocalPath, MetricName, Name, Text, Word
from ..aws_common.forms import Form
from ..aws_common.training import DAY, HOUR, Metric
from .fields import Image, InstanceType, S3Place


class StepForm(Form):
    name: Name = Field(title="Name", description="Unique in the pipeline.", examples=["prepare"])
    depends_on: list[Name] = Field(
        default=[],
        title="Runs after",
        description="Steps that have to end first. What a reference or a branch already says "
        "needs no entry here.",
        json_schema_extra={"widget": "steps"},
    )


class JobForm(StepForm):
    """What every job on instances has."""

    image: Image = Field(
        title="Image",
        description="Address of the container image in ECR, in the pipeline's region.",
        examples=["123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-image:1"],
        json_schema_extra={"widget": "image"},
    )
    instance_type: InstanceType = Field(
        title="Instance type", examples=["ml.m5.xlarge", "ml.c5.2xlarge", "ml.g5.xlarge"]
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


class ProcessingInput(Form):
    model_config = ConfigDict(title="Input")

    name: Name = Field(title="Name", examples=["raw"])
    source: S3Place = Field(
        title="From",
        description="S3 address, or a reference to an earlier step's output.",
        examples=["s3://my-bucket/input/"],
        json_schema_extra={"widget": "s3"},
    )
    local_path: LocalPath | None = Field(
        default=None,
        title="Path in the container",
        description="Empty: /opt/ml/processing/input/<name>.",
    )

    @property
    def path(self) -> str:
        return self.local_path or f"/opt/ml/processing/input/{self.name}"


class ProcessingOutput(Form):
    model_config = ConfigDict(title="Output")

    name: Name = Field(title="Name", examples=["train"])
    destination: S3Place = Field(
        title="To",
        examples=["s3://my-bucket/output/train/"],
        json_schema_extra={"widget": "s3"},
    )
    local_path: LocalPath | None = Field(
        default=None,
        title="Path in the container",
        description="Empty: /opt/ml/processing/output/<name>.",
    )

    @property
    def path(self) -> str:
        return self.local_path or f"/opt/ml/processing/output/{self.name}"


class ProcessingStep(JobForm):
    model_config = ConfigDict(title="Processing")

    kind: Literal["processing"]
    entrypoint: list[Word] = Field(
        default=[],
        max_length=100,
        title="Entry point",
        description="Command to run, one word per line. Empty: the image's own.",
        examples=[["python3", "/opt/ml/processing/input/code/prepare.py"]],
    )
    arguments: list[Word] = Field(default=[], max_length=100, title="Arguments")
    environment: dict[Text, Text] = Field(
        default={}, title="Environment variables", json_schema_extra={"widget": "map"}
    )
    inputs: list[ProcessingInput] = Field(default=[], max_length=10, title="Inputs")
    outputs: list[ProcessingOutput] = Field(default=[], max_length=10, title="Outputs")


class Channel(Form):
    model_config = ConfigDict(title="Channel")

    name: Name = Field(title="Name", examples=["train", "validation"])
    source: S3Place = Field(
        title="From",
        description="S3 address, or a reference to an earlier step's output.",
        examples=["${Steps.prepare.Outputs.train}"],
        json_schema_extra={"widget": "s3"},
    )
    content_type: Text | None = Field(default=None, title="Content type", examples=["text/csv"])


class TrainingStep(JobForm):
    model_config = ConfigDict(title="Training")

    kind: Literal["training"]
    channels: list[Channel] = Field(default=[], max_length=20, title="Channels")
    output: S3Place = Field(
        title="Model output",
        description="S3 prefix that the model is written under.",
        examples=["s3://my-bucket/models/"],
        json_schema_extra={"widget": "s3"},
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
        default=[],
        max_length=40,
        title="Metrics",
        description="Read from the job's log. A condition can compare their last value.",
    )


class RegisterModelStep(StepForm):
    model_config = ConfigDict(title="Register model")

    kind: Literal["register_model"]
    training_step: Name = Field(
        title="Model of",
        description="Training step that made it.",
        examples=["train"],
        json_schema_extra={"widget": "step"},
    )
    group: EntityName = Field(
        title="Model package group",
        description="Made on first use. It stays when the pipeline is destroyed.",
        examples=["churn-models"],
    )
    image: Image | None = Field(
        default=None,
        title="Inference image",
        description="Empty: the training step's image.",
        json_schema_extra={"widget": "image"},
    )
    approval: Literal["PendingManualApproval", "Approved", "Rejected"] = Field(
        default="PendingManualApproval", title="Approval status"
    )
    content_types: list[Text] = Field(default=["text/csv"], min_length=1, title="Input types")
    response_types: list[Text] = Field(default=["text/csv"], min_length=1, title="Response types")
    inference_instance_types: list[InstanceType] = Field(
        default=["ml.m5.large"], title="Instance types for endpoints"
    )
    transform_instance_types: list[InstanceType] = Field(
        default=["ml.m5.large"], title="Instance types for batch transform"
    )


class ParameterValue(Form):
    model_config = ConfigDict(title="Parameter")

    kind: Literal["parameter"]
    parameter: Name = Field(title="Parameter", json_schema_extra={"widget": "parameter"})


class MetricValue(Form):
    model_config = ConfigDict(title="Metric of a training step")

    kind: Literal["metric"]
    step: Name = Field(title="Training step", json_schema_extra={"widget": "step"})
    metric: MetricName = Field(title="Metric", examples=["validation:rmse"])


Operator = Literal["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]


class ConditionStep(StepForm):
    model_config = ConfigDict(title="Condition")

    kind: Literal["condition"]
    left: Annotated[ParameterValue | MetricValue, Field(discriminator="kind")] = Field(
        title="Compare"
    )
    operator: Operator = Field(title="Is", json_schema_extra={"widget": "operator"})
    right: Text = Field(
        title="Value",
        description="A number, a text, or a parameter: ${Parameters.Threshold}.",
        examples=["10", "${Parameters.Threshold}"],
    )
    then_steps: list[Name] = Field(
        default=[],
        title="If so, run",
        description="Steps of this pipeline that run only then.",
        json_schema_extra={"widget": "steps"},
    )
    else_steps: list[Name] = Field(
        default=[], title="Otherwise, run", json_schema_extra={"widget": "steps"}
    )


class FailStep(StepForm):
    model_config = ConfigDict(title="Fail")

    kind: Literal["fail"]
    message: Text = Field(
        title="Message",
        description="Reason that the run shows.",
        examples=["The model is not good enough."],
    )


Step = Annotated[
    ProcessingStep | TrainingStep | RegisterModelStep | ConditionStep | FailStep,
    Field(discriminator="kind"),
]
