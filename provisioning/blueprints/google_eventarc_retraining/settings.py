"""Settings of retraining by events: form, API schema and validation all come from here."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ..common.fields import Rule, Stripped
from ..google_common.fields import DataAccess, Form, Image, MachineType, Text, nothing_else

VariableName = Annotated[
    str,
    Rule(
        r"^(?!SKYCLOCK_|AIP_|CLOUD_ML_)[A-Za-z_][A-Za-z0-9_]{0,127}$",
        "Letters, digits and _; names that begin with SKYCLOCK_ or AIP_ are taken.",
        also=nothing_else,
    ),
]
ImageOrNone = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=500),
    Rule(
        r"^([a-z0-9][a-z0-9.\-]*(:\d+)?(\/[a-z0-9._\-]+)+(:[\w.\-]+)?(@sha256:[0-9a-f]{64})?)?$",
        "Write the address of an image: europe-docker.pkg.dev/project/repository/image:tag.",
    ),
]
Accelerator = Annotated[
    str,
    Stripped,
    Rule(r"^([A-Z][A-Z0-9_]+)?$", "Write it as Vertex AI does, such as NVIDIA_TESLA_T4."),
]


class Training(Form):
    """One container on one or more machines of the same type."""

    model_config = ConfigDict(title="Training job")

    image: Image = Field(
        title="Image",
        description="Of the training code, in Artifact Registry.",
        examples=["europe-docker.pkg.dev/my-project/training/churn:3"],
        json_schema_extra={"widget": "image"},
    )
    command: list[Text] = Field(
        default=[], max_length=50, title="Command", description="Empty: the image's own."
    )
    arguments: list[Text] = Field(
        default=["--input=${input}"],
        max_length=100,
        title="Arguments",
        description="${input} is the address of the object, or what a message names as its input; "
        "${event} is the event's number.",
    )
    environment: dict[VariableName, Text] = Field(
        default={},
        title="Environment",
        description="Beside it there are SKYCLOCK_INPUT, SKYCLOCK_EVENT and AIP_MODEL_DIR, where "
        "the model is to be written.",
        json_schema_extra={"widget": "map"},
    )
    machine_type: MachineType = Field(
        default="n1-standard-4", title="Machine type", examples=["n1-standard-4"]
    )
    replicas: int = Field(default=1, ge=1, le=100, title="Machines")
    accelerator: Accelerator = Field(
        default="",
        title="Accelerator",
        description="Empty: none.",
        examples=["NVIDIA_TESLA_T4"],
    )
    accelerator_count: int = Field(default=1, ge=1, le=16, title="Accelerators per machine")
    disk_gb: int = Field(
        default=100, ge=100, le=64_000, title="Disk", json_schema_extra={"unit": "GB"}
    )
    timeout_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        title="Stop after",
        json_schema_extra={"unit": "hours"},
    )

    @model_validator(mode="after")
    def _machine_is_named(self) -> Training:
        if not self.machine_type:
            raise PydanticCustomError("required", "A training job needs a machine type.")
        return self


class Service(Form):
    """The Cloud Run service that starts training jobs."""

    model_config = ConfigDict(title="Retraining service")

    image: ImageOrNone = Field(
        default="",
        title="Image",
        description="Empty: REGION-docker.pkg.dev/PROJECT/skyclock/skyclock-retraining:1, which "
        "is built once for each project; its folder's README has the two commands.",
        json_schema_extra={"widget": "image"},
    )
    max_instances: int = Field(
        default=5,
        ge=1,
        le=100,
        title="Instances at most",
        description="Each receives several events at once; without events there are none.",
    )
    concurrency: int = Field(default=40, ge=1, le=1000, title="Events at once in an instance")
    timeout_seconds: int = Field(
        default=120,
        ge=60,
        le=600,
        title="Time for one event",
        json_schema_extra={"unit": "seconds"},
    )


class Settings(Form):
    model_config = ConfigDict(title="Retraining on Google Cloud")

    training: Training = Field(title="Training job")
    service: Service = Field(default=Service(), title="Retraining service")
    data_access: DataAccess = Field(
        default=DataAccess(),
        title="Further data access",
        description="Of the training jobs.",
    )
    delete_objects: bool = Field(
        default=False,
        title="Delete data and models with the pipeline",
        description="Otherwise the pipeline can be destroyed only when its buckets are empty.",
    )
