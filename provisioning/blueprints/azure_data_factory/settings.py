"""Settings of a factory with one pipeline: form, API schema and validation come from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ..common.fields import Form, Text
from .activities import AnyActivity
from .fields import Name, ParameterName

ParameterType = Literal["String", "Int", "Float", "Bool", "Array", "Object"]
Filled = Literal[
    "Nothing",
    "FileName",
    "Folder",
    "ScheduledTime",
    "WindowStart",
    "WindowEnd",
    "EventType",
    "EventSubject",
    "EventData",
]
# Of a file or an event there may be none; a time is something else than none.
EMPTY_ELSE = ("FileName", "Folder", "EventType", "EventSubject", "EventData")


class Parameter(Form):
    model_config = ConfigDict(title="Parameter")

    name: ParameterName = Field(title="Name", examples=["file"])
    type: ParameterType = Field(default="String", title="Type")
    default: Text | None = Field(
        default=None,
        title="Default",
        description="JSON for an Array or an Object. Runs that a trigger starts need one. Left "
        "empty, a text that a file or an event fills is empty for all other runs.",
    )
    filled_with: Filled = Field(
        default="Nothing",
        title="A trigger fills it with",
        description="Each kind of trigger knows its own: a created file its name and folder, an "
        "event its type, subject and data, a window its start and end.",
        json_schema_extra={"widget": "operator"},
    )

    @property
    def otherwise(self) -> str | None:
        """What runs are given that are given no value; None if they cannot be started without.

        A form cannot tell an empty text from none. What a file or an event fills is empty
        for runs that neither starts: otherwise no schedule could stand beside them.
        """
        empty = self.type == "String" and self.filled_with in EMPTY_ELSE
        return "" if self.default is None and empty else self.default


class FilledParameter(Form):
    model_config = ConfigDict(title="Parameter that triggers fill")

    name: ParameterName = Field(title="Name")
    filled_with: Filled = Field(title="With", json_schema_extra={"widget": "operator"})


class InnerParameter(Form):
    model_config = ConfigDict(title="Parameter")

    name: ParameterName = Field(title="Name")
    type: ParameterType = Field(default="String", title="Type")
    default: Text | None = Field(default=None, title="Default")

    @property
    def otherwise(self) -> str | None:
        return self.default


class InnerPipeline(Form):
    model_config = ConfigDict(title="Inner pipeline")

    name: Name = Field(title="Name", examples=["clean"])
    parameters: list[InnerParameter] = Field(default=[], max_length=50, title="Parameters")
    activities: Annotated[list[AnyActivity], Field(min_length=1, max_length=120)] = Field(
        title="Activities"
    )


class Storage(Form):
    model_config = ConfigDict(title="Storage")

    replication: Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS"] = Field(
        default="Standard_LRS",
        title="Copies",
        description="LRS: three in one place. ZRS: in three zones. GRS: in another region as well.",
    )


class Access(Form):
    model_config = ConfigDict(title="Roles")

    assign_roles: bool = Field(
        default=True,
        title="Give roles",
        description="The factory's identity gets what its activities need: the storage, the vaults "
        "and workspaces that they name. The connection needs the right to assign roles. Without "
        "it somebody else has to give them.",
    )
    test_files_and_events: bool = Field(
        default=True,
        title="Let this connection put files and events",
        description="Its application gets the right to write to the pipeline's storage and topic, "
        "so that a file can be dropped on the pipeline's page. Needs the right to assign roles.",
    )


BY_FORM: dict[str, Any] = {"show_when": {"source": "activities"}}


class Settings(Form):
    model_config = ConfigDict(title="Data Factory pipeline")

    source: Literal["activities", "definition"] = Field(
        default="activities",
        title="Described by",
        description="A form of activities, or the JSON of a pipeline.",
    )
    parameters: list[Parameter] = Field(
        default=[],
        max_length=49,
        title="Parameters",
        description="Values that a run is started with: @pipeline().parameters.name.",
        json_schema_extra=BY_FORM,
    )
    activities: Annotated[list[AnyActivity], Field(max_length=120)] = Field(
        default=[], title="Activities", json_schema_extra=BY_FORM
    )
    pipelines: list[InnerPipeline] = Field(
        default=[],
        max_length=20,
        title="Inner pipelines",
        description="Started by Execute pipeline activities.",
        json_schema_extra=BY_FORM,
    )
    definition: str = Field(
        default="",
        max_length=1_048_576,
        title="Definition",
        description="JSON with activities, parameters and variables, as Data Factory Studio shows "
        "a pipeline. It may bring along datasets, linkedServices and pipelines, each a table of "
        "name and properties. The linked service 'storage' is there already: the pipeline's own.",
        json_schema_extra={"widget": "json", "show_when": {"source": "definition"}},
    )
    filled: list[FilledParameter] = Field(
        default=[],
        max_length=49,
        title="Parameters that triggers fill",
        json_schema_extra={"show_when": {"source": "definition"}},
    )
    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        title="Runs at once",
        description="More wait in a queue. Empty: no limit.",
    )
    storage: Storage = Field(
        default=Storage(),
        title="Storage",
        description="An account with the container 'data'. Destroying the pipeline deletes it with "
        "everything in it.",
    )
    access: Access = Field(default=Access(), title="Roles")
