"""Settings of a state machine that trains: form, API schema and validation come from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..aws_common.fields import Name, S3Prefix, Text
from ..aws_common.forms import DataBucket, Form, Retry
from ..aws_common.starts import Starts
from ..aws_common.training import DAY, TrainingJob
from .fields import Action, Arn, FunctionArn, ParameterName, S3Place

YEAR = 365 * DAY
# What CloudWatch Logs offers.
Days = Literal[1, 7, 30, 90, 180, 365, 731, 1827, 3653]


class Parameter(Form):
    model_config = ConfigDict(title="Parameter")

    name: ParameterName = Field(title="Name", examples=["InputData"])
    default: Text | None = Field(
        default=None,
        title="Default",
        description="What scheduled runs use. Without one, only a run started by hand can.",
    )


class Input(Form):
    model_config = ConfigDict(title="Input")

    channel: Name = Field(
        default="train",
        title="Channel",
        description="Name under which the container finds the data.",
    )
    source: S3Place = Field(
        title="Data",
        description="An S3 prefix; it may name parameters: ${Parameters.InputData}.",
        examples=["s3://my-bucket/training/"],
        json_schema_extra={"widget": "s3"},
    )
    content_type: Text | None = Field(default=None, title="Content type", examples=["text/csv"])


class Training(TrainingJob):
    inputs: Annotated[list[Input], Field(min_length=1, max_length=20)] = Field(title="Inputs")
    output: S3Place = Field(
        title="Output",
        description="Where the model goes, in a folder of the job's name.",
        examples=["s3://my-bucket/models/"],
        json_schema_extra={"widget": "s3"},
    )


class Again(Form):
    model_config = ConfigDict(title="Trying again")

    throttled: int = Field(
        default=8,
        ge=0,
        le=100,
        title="When AWS is asked too often",
        description="Attempts, with a pause that doubles, from 5 seconds up to a minute.",
    )
    no_capacity: int = Field(
        default=60,
        ge=0,
        le=5000,
        title="When the account's quota is used up",
        description="Attempts to start the job.",
    )
    no_capacity_seconds: int = Field(
        default=300,
        ge=10,
        le=DAY,
        title="Pause between them",
        json_schema_extra={"unit": "seconds"},
    )
    failed: int = Field(
        default=0,
        ge=0,
        le=10,
        title="When the job fails",
        description="Further jobs, each under a name of its own, before the run fails.",
    )


class Functions(Form):
    """The run fails with a function that fails."""

    model_config = ConfigDict(title="Lambda functions")

    before: FunctionArn | None = Field(
        default=None,
        title="Prepares the data",
        description="Called before the job, with the run's input. What it answers can be used in "
        "the job: ${Prepared.path}.",
        examples=["arn:aws:lambda:eu-west-1:123456789012:function:prepare"],
    )
    after: FunctionArn | None = Field(
        default=None,
        title="Evaluates the model",
        description="Called after the job, with its name and where its model is.",
        examples=["arn:aws:lambda:eu-west-1:123456789012:function:evaluate"],
    )


class TrainingMachine(Form):
    model_config = ConfigDict(title="Training job")

    kind: Literal["training"] = Field(default="training", title="Kind")
    training: Training = Field(title="Training job")
    again: Again = Field(default=Again(), title="Trying again")
    functions: Functions = Field(default=Functions(), title="Lambda functions")
    longest_seconds: int = Field(
        default=2 * DAY,
        ge=60,
        le=YEAR,
        title="Longest run",
        description="The run fails, and its job is stopped, when everything together takes longer.",
        json_schema_extra={"unit": "seconds"},
    )


class Allowed(Form):
    model_config = ConfigDict(title="Permission")

    actions: Annotated[list[Action], Field(min_length=1, max_length=50)] = Field(
        title="Actions", examples=[["sns:Publish"]]
    )
    resources: Annotated[list[Arn], Field(min_length=1, max_length=50)] = Field(
        title="Resources", examples=[["arn:aws:sns:eu-west-1:123456789012:trained"]]
    )


class PastedMachine(Form):
    model_config = ConfigDict(title="Definition")

    kind: Literal["definition"] = Field(default="definition", title="Kind")
    definition: str = Field(
        max_length=1_048_576,
        title="Definition",
        description="JSON in Amazon States Language. ${JobRoleArn} stands for the role of the "
        "jobs, ${JobPrefix} for what their names begin with; ${DataBucket}, ${Pipeline}, "
        "${Region} and ${Account} are known too. Parameters stand in the input: $.InputData.",
        json_schema_extra={"widget": "json"},
    )
    permissions: list[Allowed] = Field(
        default=[],
        max_length=20,
        title="Further permissions",
        description="Of the machine's role, beyond jobs, functions, queues, buses and machines "
        "that the definition names.",
    )


class DataAccess(Form):
    model_config = ConfigDict(title="Further data access")

    read: list[S3Prefix] = Field(
        default=[],
        title="Jobs may read",
        description="S3 prefixes beyond those that are named above, such as what parameters may "
        "name.",
        examples=[["s3://my-bucket/reference/"]],
        json_schema_extra={"widget": "s3"},
    )
    write: list[S3Prefix] = Field(
        default=[], title="Jobs may write", json_schema_extra={"widget": "s3"}
    )


class Logging(Form):
    model_config = ConfigDict(title="Log of the machine")

    level: Literal["OFF", "FATAL", "ERROR", "ALL"] = Field(
        default="OFF",
        title="Level",
        description="What is written to CloudWatch Logs. AWS itself keeps histories for 90 days.",
    )
    include_data: bool = Field(
        default=False, title="With data", description="Inputs and outputs of the states."
    )
    keep_days: Days = Field(default=90, title="Keep for", json_schema_extra={"unit": "days"})


class Settings(Form):
    model_config = ConfigDict(title="Step Functions training")

    machine: Annotated[TrainingMachine | PastedMachine, Field(discriminator="kind")] = Field(
        title="State machine"
    )
    on_failure: FunctionArn | None = Field(
        default=None,
        title="Function that is told of failures",
        description="Called with EventBridge's event when a run has failed or took too long. A "
        "run that is stopped by hand is no failure.",
        examples=["arn:aws:lambda:eu-west-1:123456789012:function:page-somebody"],
    )
    parameters: list[Parameter] = Field(
        default=[],
        max_length=50,
        title="Parameters",
        description="Values that a run can be started with. They are its input.",
    )
    starts: Starts = Field(default=Starts(), title="Starts by objects and events")
    data_bucket: DataBucket = Field(
        default=DataBucket(),
        title="Data bucket",
        description="Made when objects start the pipeline.",
    )
    retry: Retry = Field(default=Retry(), title="Retries of a start")
    data_access: DataAccess = Field(default=DataAccess(), title="Further data access")
    logging: Logging = Field(default=Logging(), title="Log of the machine")
