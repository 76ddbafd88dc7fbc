"""The activities of a pipeline, as the form and the API describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..common.fields import Form, Text
from .authentication import DatabricksAuthentication, NoAuthentication, WebAuthentication
from .copying import FileFormat, Sink, Source
from .fields import Expression, HttpsUrl, Line, Name, Url, WorkspaceName

Condition = Literal["Succeeded", "Failed", "Completed", "Skipped"]
WEEK_MINUTES = 7 * 24 * 60


class Dependency(Form):
    model_config = ConfigDict(title="Dependency")

    activity: Name = Field(title="Activity", json_schema_extra={"widget": "step"})
    on: Condition = Field(
        default="Succeeded",
        title="Once it has",
        description="Completed: however it ended.",
    )


class Activity(Form):
    name: Name = Field(title="Name", description="Unique in the pipeline.", examples=["load"])
    depends_on: list[Dependency] = Field(
        default=[],
        max_length=120,
        title="Runs after",
        description="Activities beside this one. Without any it runs at once.",
    )


class Policy(Form):
    model_config = ConfigDict(title="Time limit and retries")

    timeout_minutes: int = Field(
        default=720,
        ge=1,
        le=WEEK_MINUTES,
        title="Longest runtime",
        json_schema_extra={"unit": "minutes"},
    )
    retry: int = Field(
        default=0, ge=0, le=100, title="Retries", description="After a failure of the activity."
    )
    retry_interval_seconds: int = Field(
        default=30,
        ge=30,
        le=86400,
        title="Wait before a retry",
        json_schema_extra={"unit": "seconds"},
    )
    secure_input: bool = Field(
        default=False, title="Hide input", description="Data Factory keeps it out of its logs."
    )
    secure_output: bool = Field(
        default=False, title="Hide output", description="Data Factory keeps it out of its logs."
    )


class Executing(Activity):
    """What does work, and may fail at it."""

    policy: Policy = Field(default=Policy(), title="Time limit and retries")


class WebActivity(Executing):
    model_config = ConfigDict(title="Web request")

    kind: Literal["web"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(default="GET", title="Method")
    url: Url = Field(title="Address", examples=["https://example.com/api/refresh"])
    headers: dict[Text, Text] = Field(
        default={},
        max_length=50,
        title="Headers",
        description="No secrets: they would stand in the settings for everybody to read.",
        json_schema_extra={"widget": "map"},
    )
    body: Text = Field(
        default="",
        title="Body",
        description="For POST, PUT and PATCH. Text, JSON or an expression.",
        examples=['{"file": "@{pipeline().parameters.file}"}'],
    )
    authentication: WebAuthentication = Field(default=NoAuthentication(), title="Authentication")


class CopyActivity(Executing):
    model_config = ConfigDict(title="Copy")

    kind: Literal["copy"]
    source: Source = Field(title="From")
    source_format: FileFormat = Field(
        default="Binary",
        title="Read as",
        description="Binary copies files as they are; into anything else, both have to be a table.",
    )
    sink: Sink = Field(title="To")
    sink_format: FileFormat = Field(default="Binary", title="Write as")
    parallel_copies: int | None = Field(
        default=None,
        ge=1,
        le=512,
        title="Copies at once",
        description="Empty: Data Factory decides.",
    )


class ExistingCluster(Form):
    model_config = ConfigDict(title="A cluster that exists")

    kind: Literal["existing"]
    cluster_id: Line = Field(title="Cluster's ID", examples=["0923-164208-meows279"], min_length=1)


class NewCluster(Form):
    model_config = ConfigDict(title="A new cluster for each run")

    kind: Literal["new"]
    version: Line = Field(
        title="Runtime version", examples=["15.4.x-scala2.12"], min_length=1, max_length=100
    )
    node_type: Line = Field(title="Node type", examples=["Standard_DS3_v2"], min_length=1)
    workers: int = Field(default=1, ge=1, le=1000, title="Workers")


Cluster = Annotated[ExistingCluster | NewCluster, Field(discriminator="kind")]


class DatabricksActivity(Executing):
    model_config = ConfigDict(title="Databricks notebook")

    kind: Literal["databricks_notebook"]
    workspace_url: HttpsUrl = Field(
        title="Workspace's address", examples=["https://adb-1234567890123456.7.azuredatabricks.net"]
    )
    authentication: DatabricksAuthentication = Field(title="Authentication")
    cluster: Cluster = Field(title="Cluster")
    notebook_path: Line = Field(
        title="Notebook", examples=["/Users/me@example.com/train"], min_length=1
    )
    parameters: dict[Text, Text] = Field(
        default={},
        max_length=100,
        title="Parameters",
        description="Widgets of the notebook. Values may be expressions.",
        json_schema_extra={"widget": "map"},
    )


class SynapseActivity(Executing):
    model_config = ConfigDict(title="Synapse notebook")

    kind: Literal["synapse_notebook"]
    workspace: WorkspaceName = Field(
        title="Workspace",
        description="The factory's identity needs the Synapse roles Compute Operator and Artifact "
        "User there. Give them in Synapse Studio: they are no roles of Azure.",
        examples=["my-synapse"],
    )
    notebook: Line = Field(title="Notebook", examples=["train"], min_length=1, max_length=140)
    spark_pool: Line = Field(
        default="", title="Spark pool", description="Empty: the notebook's own.", max_length=100
    )
    executors: int | None = Field(
        default=None, ge=1, le=200, title="Executors", description="Empty: the notebook's own."
    )
    parameters: dict[Text, Text] = Field(
        default={}, max_length=100, title="Parameters", json_schema_extra={"widget": "map"}
    )


class ExecutePipelineActivity(Activity):
    model_config = ConfigDict(title="Execute pipeline")

    kind: Literal["execute_pipeline"]
    pipeline: Name = Field(
        title="Pipeline", description="One of the inner pipelines.", examples=["clean"]
    )
    parameters: dict[Text, Text] = Field(
        default={}, max_length=50, title="Parameters", json_schema_extra={"widget": "map"}
    )
    wait: bool = Field(
        default=True,
        title="Wait for its end",
        description="And fail when it fails.",
    )


class WaitActivity(Activity):
    model_config = ConfigDict(title="Wait")

    kind: Literal["wait"]
    seconds: int = Field(
        ge=1, le=WEEK_MINUTES * 60, title="For", json_schema_extra={"unit": "seconds"}
    )


Simple = (
    WebActivity
    | CopyActivity
    | DatabricksActivity
    | SynapseActivity
    | ExecutePipelineActivity
    | WaitActivity
)
InBranch = Annotated[Simple, Field(discriminator="kind")]


class IfActivity(Activity):
    model_config = ConfigDict(title="If")

    kind: Literal["if"]
    condition: Expression = Field(
        title="Condition", examples=["@greater(activity('count').output.rows, 0)"]
    )
    then: Annotated[list[InBranch], Field(max_length=50)] = Field(
        default=[], title="If so, activities"
    )
    otherwise: Annotated[list[InBranch], Field(max_length=50)] = Field(
        default=[], title="Otherwise, activities"
    )


# What Data Factory allows inside: branches in a loop, no loop in a loop, nothing in a branch.
InLoop = Annotated[Simple | IfActivity, Field(discriminator="kind")]


class ForEachActivity(Activity):
    model_config = ConfigDict(title="For each")

    kind: Literal["for_each"]
    items: Expression = Field(title="Items", examples=["@pipeline().parameters.regions"])
    sequential: bool = Field(default=False, title="One after the other")
    batch_count: int = Field(default=20, ge=1, le=50, title="At once at most")
    activities: Annotated[list[InLoop], Field(min_length=1, max_length=50)] = Field(
        title="Activities", description="Each item is @item() in them."
    )


AnyActivity = Annotated[Simple | IfActivity | ForEachActivity, Field(discriminator="kind")]


def inside(activity: Activity) -> tuple[tuple[str, list[Simple | IfActivity]], ...]:
    """The lists of activities in one, by field; none of what contains nothing."""
    if isinstance(activity, IfActivity):
        return ("then", [*activity.then]), ("otherwise", [*activity.otherwise])
    if isinstance(activity, ForEachActivity):
        return (("activities", [*activity.activities]),)
    return ()
