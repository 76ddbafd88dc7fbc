"""Where a copy activity reads from and writes to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..common.fields import Form
from .fields import AccountName, ContainerName, FileUrl, Line

FileFormat = Literal["Binary", "DelimitedText", "Json", "Parquet"]

FOLDER = "Empty: the container's root. An expression, such as @pipeline().parameters.folder, works."


class Files(Form):
    """Blobs by folder and name."""

    folder: Line = Field(default="", title="Folder", description=FOLDER, examples=["incoming/2027"])
    file: Line = Field(
        default="",
        title="File",
        description="Empty: all files of the folder and those below it.",
        examples=["sales.csv", "@pipeline().parameters.file"],
    )


class OwnFiles(Files):
    model_config = ConfigDict(title="The pipeline's own storage")

    kind: Literal["own"]


class TriggeredFile(Form):
    model_config = ConfigDict(title="The file that started the run")

    kind: Literal["triggered"]


class OtherFiles(Files):
    model_config = ConfigDict(title="Another storage account")

    kind: Literal["other"]
    account: AccountName = Field(
        title="Storage account",
        description="The factory's identity needs a role there: Storage Blob Data Reader to read, "
        "Contributor to write. Give it by hand.",
        examples=["mydatalake"],
    )
    container: ContainerName = Field(title="Container", examples=["raw"])


class HttpFile(Form):
    model_config = ConfigDict(title="An HTTP address")

    kind: Literal["http"]
    url: FileUrl = Field(
        title="Address",
        description="Read without signing in. Its path may hold expressions: …/@{item()}.csv.",
        examples=["https://example.com/data/sales.csv"],
    )


Source = Annotated[OwnFiles | TriggeredFile | OtherFiles | HttpFile, Field(discriminator="kind")]
Sink = Annotated[OwnFiles | OtherFiles, Field(discriminator="kind")]
