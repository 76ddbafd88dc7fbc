"""Settings of a SageMaker pipeline: form, API schema and validation all come from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..aws_common.fields import Name, S3Prefix, Text
from ..aws_common.forms import DataBucket, Form, Retry
from ..aws_common.starts import Starts
from .steps import Step

ParameterType = Literal["String", "Integer", "Float", "Boolean"]


class PipelineParameter(Form):
    model_config = ConfigDict(title="Parameter")

    name: Name = Field(title="Name", examples=["InputData"])
    type: ParameterType = Field(default="String", title="Type")
    default: Text | None = Field(
        default=None,
        title="Default",
        description="What scheduled runs use. Without one, only a run started by hand can.",
    )
    enum: list[Text] = Field(
        default=[], title="Allowed values", description="Only for type String. Empty: any."
    )


class DataAccess(Form):
    model_config = ConfigDict(title="Further data access")

    read: list[S3Prefix] = Field(
        default=[],
        title="May read",
        description="S3 prefixes beyond those that the steps name.",
        examples=[["s3://my-bucket/reference/"]],
        json_schema_extra={"widget": "s3"},
    )
    write: list[S3Prefix] = Field(default=[], title="May write", json_schema_extra={"widget": "s3"})


class Settings(Form):
    model_config = ConfigDict(title="SageMaker pipeline")

    source: Literal["steps", "definition"] = Field(
        default="steps",
        title="Described by",
        description="A form of steps, or a SageMaker pipeline definition in JSON.",
    )
    parameters: list[PipelineParameter] = Field(
        default=[],
        max_length=200,
        title="Parameters",
        description="Values that a run can be started with. Steps use them as ${Parameters.Name}.",
        json_schema_extra={"show_when": {"source": "steps"}},
    )
    steps: Annotated[list[Step], Field(max_length=50)] = Field(
        default=[], title="Steps", json_schema_extra={"show_when": {"source": "steps"}}
    )
    definition: str = Field(
        default="",
        max_length=1_048_576,
        title="Definition",
        description="JSON of schema version 2020-12-01.",
        json_schema_extra={"widget": "json", "show_when": {"source": "definition"}},
    )
    starts: Starts = Field(default=Starts(), title="Starts by objects and events")
    data_bucket: DataBucket = Field(
        default=DataBucket(),
        title="Data bucket",
        description="Made when objects start the pipeline.",
    )
    retry: Retry = Field(default=Retry(), title="Retries of a start")
    data_access: DataAccess = Field(default=DataAccess(), title="Further data access")
