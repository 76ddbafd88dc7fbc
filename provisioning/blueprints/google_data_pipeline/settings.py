"""Settings of a Google data pipeline: form, API schema and validation all come from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ..common.fields import Rule, Stripped
from ..google_common.fields import (
    AddressOrNone,
    DataAccess,
    EmailOrNone,
    Form,
    MachineType,
    Text,
    nothing_else,
)

JobName = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=100),
    Rule(
        r"^([a-z]([a-z0-9\-]*[a-z0-9])?)?$",
        "Small letters, digits and hyphens; a letter first, no hyphen last.",
    ),
]
ParameterName = Annotated[
    str,
    Rule(
        r"^[A-Za-z_][A-Za-z0-9_.\-]{0,127}$",
        "Use the name that the template knows.",
        also=nothing_else,
    ),
]
Experiment = Annotated[str, Stripped, Rule(r"^[\w.\-]+(=[^,\s]+)?$", "Write name or name=value.")]
Network = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=500),
    Rule(r"^[a-z0-9][\w.:\/\-]*$|^$", "Write the network's name, or the subnetwork's address."),
]


class Environment(Form):
    """What Dataflow starts workers with."""

    model_config = ConfigDict(title="Workers")

    machine_type: MachineType = Field(
        default="", title="Machine type", description="Empty: as the template says."
    )
    num_workers: int | None = Field(
        default=None, ge=1, le=1000, title="Workers at the start", description="Empty: Dataflow's."
    )
    max_workers: int | None = Field(
        default=None, ge=1, le=1000, title="Workers at most", description="Empty: Dataflow's."
    )
    temp_location: AddressOrNone = Field(
        default="",
        title="Temporary files",
        description="Empty: the pipeline's own bucket, where they are deleted after 60 days.",
        examples=["gs://my-bucket/temp"],
        json_schema_extra={"widget": "gs"},
    )
    network: Network = Field(
        default="", title="Network", description='Empty: the network "default".'
    )
    subnetwork: Network = Field(
        default="",
        title="Subnetwork",
        description="regions/europe-west1/subnetworks/name, or its whole address.",
    )
    public_addresses: bool = Field(
        default=True,
        title="Public IP addresses",
        description="Without them the subnetwork needs Private Google Access.",
    )
    service_account: EmailOrNone = Field(
        default="",
        title="Service account",
        description="What workers run as. Empty: one of this pipeline's own, which may read and "
        "write the pipeline's buckets and those below.",
    )
    additional_experiments: list[Experiment] = Field(default=[], max_length=50, title="Experiments")


class Settings(Form):
    model_config = ConfigDict(title="Google data pipeline")

    source: Literal["template", "workload"] = Field(
        default="template",
        title="Described by",
        description="A form for a Dataflow template, or the workload as the Data Pipelines API "
        "takes it, in JSON.",
    )
    template_kind: Literal["classic", "flex"] = Field(
        default="classic",
        title="Kind of template",
        json_schema_extra={"show_when": {"source": "template"}},
    )
    template: AddressOrNone = Field(
        default="",
        title="Template",
        description="Address of the template (classic), or of its container specification (flex).",
        examples=["gs://dataflow-templates/latest/Word_Count"],
        json_schema_extra={"widget": "gs", "show_when": {"source": "template"}},
    )
    job_name: JobName = Field(
        default="",
        title="Job name",
        description="Jobs are called so, with a number. Empty: the pipeline's own name.",
        json_schema_extra={"show_when": {"source": "template"}},
    )
    parameters: dict[ParameterName, Text] = Field(
        default={},
        title="Parameters",
        description="What the template is given on each run; Google takes no others for a single "
        "run. ${bucket} stands for the pipeline's own bucket.",
        json_schema_extra={"widget": "map", "show_when": {"source": "template"}},
    )
    environment: Environment = Field(
        default=Environment(),
        title="Workers",
        json_schema_extra={"show_when": {"source": "template"}},
    )
    workload: str = Field(
        default="",
        max_length=262_144,
        title="Workload",
        description="One of dataflowLaunchTemplateRequest and dataflowFlexTemplateRequest. "
        "${bucket} stands for the pipeline's own bucket.",
        json_schema_extra={"widget": "json", "show_when": {"source": "workload"}},
    )
    data_access: DataAccess = Field(
        default=DataAccess(),
        title="Further data access",
        description="Of the service account of this pipeline's own.",
    )
    delete_objects: bool = Field(
        default=False,
        title="Delete the data with the pipeline",
        description="Otherwise the pipeline can be destroyed only when its bucket is empty.",
    )
