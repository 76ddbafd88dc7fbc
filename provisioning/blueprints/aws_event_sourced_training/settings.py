"""Settings of an event-sourced training: form, API schema and validation come from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ..aws_common.fields import InstanceType, Rule, S3Prefix, Stripped, Text
from ..aws_common.forms import DataBucket, Form, Retry
from ..aws_common.training import Training

FieldPath = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=256),
    Rule(
        r"^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*$",
        "Write names with dots between them, such as data or dataset.address.",
    ),
]
# https://docs.aws.amazon.com/sagemaker/latest/dg/nbi.html
NotebookType = Annotated[InstanceType, Stripped]
# What CloudWatch Logs offers; the archive keeps as long.
Days = Literal[30, 90, 180, 365, 731, 1827, 3653]


class DataPlace(Form):
    model_config = ConfigDict(title="Data")

    field: FieldPath = Field(
        default="data",
        title="Named by the event at",
        description="Where in an event's detail the data stand: an S3 address, an object with "
        "bucket and key, or a key in the own bucket. An event that names anything else is refused. "
        "An object that lands in the own bucket is the data itself.",
        examples=["data", "dataset.address"],
    )
    default: S3Prefix | None = Field(
        default=None,
        title="Otherwise",
        description="What schedules train on, and events that name none.",
        examples=["s3://my-bucket/training/"],
        json_schema_extra={"widget": "s3"},
    )
    read: list[S3Prefix] = Field(
        default=[],
        title="May read",
        description="S3 prefixes that events may name, beyond the own bucket and the default.",
        examples=[["s3://my-bucket/reference/"]],
        json_schema_extra={"widget": "s3"},
    )


class Registration(Form):
    model_config = ConfigDict(title="Model versions")

    enabled: bool = Field(
        default=True,
        title="Register each trained model",
        description="As a version in a model package group of the pipeline's own.",
    )
    approval: Literal["PendingManualApproval", "Approved", "Rejected"] = Field(
        default="PendingManualApproval",
        title="Approval status",
        json_schema_extra={"show_when": {"enabled": True}},
    )
    content_types: list[Text] = Field(
        default=["text/csv"],
        min_length=1,
        title="Input types",
        json_schema_extra={"show_when": {"enabled": True}},
    )
    response_types: list[Text] = Field(
        default=["text/csv"],
        min_length=1,
        title="Response types",
        json_schema_extra={"show_when": {"enabled": True}},
    )


class Notebook(Form):
    model_config = ConfigDict(title="Notebook instance")

    enabled: bool = Field(
        default=False,
        title="Make a notebook instance",
        description="To look at data and models by hand. It costs while it runs; it can be "
        "stopped and started on the pipeline's page.",
    )
    instance_type: NotebookType = Field(
        default="ml.t3.medium",
        title="Instance type",
        examples=["ml.t3.medium", "ml.m5.xlarge"],
        json_schema_extra={"show_when": {"enabled": True}},
    )
    volume_gb: int = Field(
        default=5,
        ge=5,
        le=16384,
        title="Volume",
        json_schema_extra={"unit": "GB", "show_when": {"enabled": True}},
    )


class EventLogging(Form):
    model_config = ConfigDict(title="Event log")

    keep_days: Days = Field(
        default=365,
        title="Keep events for",
        description="In the archive that can be replayed, and in the log that is shown.",
        json_schema_extra={"unit": "days"},
    )


class Settings(Form):
    model_config = ConfigDict(title="Event-sourced training")

    training: Training = Field(title="Training job")
    data: DataPlace = Field(default=DataPlace(), title="Data")
    register_models: Registration = Field(default=Registration(), title="Model versions")
    notebook: Notebook = Field(default=Notebook(), title="Notebook instance")
    event_log: EventLogging = Field(default=EventLogging(), title="Event log")
    data_bucket: DataBucket = Field(default=DataBucket(), title="Data bucket")
    retry: Retry = Field(default=Retry(), title="Retries of a start")
