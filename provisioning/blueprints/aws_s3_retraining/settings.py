"""Settings of a retraining: form, API schema and validation come from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ..aws_common.fields import Rule, Stripped
from ..aws_common.forms import DataBucket, Form, Retry
from ..aws_common.training import Training

Folder = Annotated[
    str,
    Stripped,
    StringConstraints(max_length=512),
    Rule(
        r"^[^\/\s].*\/$",
        "Write a folder of the bucket with a slash at its end, such as data/.",
    ),
]


class Data(Form):
    model_config = ConfigDict(title="Data")

    train_on: Literal["object", "folder"] = Field(
        default="object",
        title="Train on",
        description="The very object that landed, or all that lies in its folder.",
    )
    default_folder: Folder = Field(
        default="data/",
        title="Otherwise",
        description="What schedules train on, and runs for which no object is named: a folder "
        "of the pipeline's own bucket.",
        examples=["data/"],
    )


class Settings(Form):
    model_config = ConfigDict(title="Retraining on new data")

    training: Training = Field(title="Training job")
    data: Data = Field(default=Data(), title="Data")
    data_bucket: DataBucket = Field(default=DataBucket(), title="Data bucket")
    retry: Retry = Field(default=Retry(), title="Retries of a scheduled start")
