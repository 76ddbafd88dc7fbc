"""A copy activity as Data Factory writes it: two datasets, and how each side is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import names
from .activities import CopyActivity
from .copying import FileFormat, Files, HttpFile, OtherFiles, Sink, Source, TriggeredFile
from .documents import Documents, Properties, plain
from .fields import is_expression
from .values import written

FORMATS: dict[FileFormat, Properties] = {
    "Binary": {},
    "DelimitedText": {
        "columnDelimiter": ",",
        "escapeChar": "\\",
        "firstRowAsHeader": True,
        "quoteChar": '"',
    },
    "Json": {},
    "Parquet": {"compressionCodec": "snappy"},
}
READ: dict[FileFormat, Properties] = {
    "Binary": {"formatSettings": {"type": "BinaryReadSettings"}},
    "DelimitedText": {"formatSettings": {"type": "DelimitedTextReadSettings"}},
    "Json": {"formatSettings": {"type": "JsonReadSettings"}},
    "Parquet": {},
}
WRITE: dict[FileFormat, Properties] = {
    "Binary": {},
    "DelimitedText": {
        "formatSettings": {"type": "DelimitedTextWriteSettings", "fileExtension": ".csv"}
    },
    "Json": {"formatSettings": {"type": "JsonWriteSettings"}},
    "Parquet": {},
}


@dataclass(frozen=True)
class Filled:
    """The parameters that a created file fills, by what with."""

    file: str
    folder: str


@dataclass(frozen=True)
class Place:
    """Where one side is: the parts of a dataset's location, as they were typed."""

    service: Properties
    type: str
    parts: dict[str, str]


def copy_properties(
    activity: CopyActivity, *, documents: Documents, filled: Filled | None
) -> Properties:
    source = _place(activity.source, documents, filled)
    sink = _place(activity.sink, documents, filled)
    return {
        "inputs": [_dataset(activity, "source", source, activity.source_format, documents)],
        "outputs": [_dataset(activity, "sink", sink, activity.sink_format, documents)],
        "typeProperties": {
            "source": {
                "type": f"{activity.source_format}Source",
                "storeSettings": _read_settings(activity.source),
                **READ[activity.source_format],
            },
            "sink": {
                "type": f"{activity.sink_format}Sink",
                "storeSettings": {"type": "AzureBlobStorageWriteSettings"},
                **WRITE[activity.sink_format],
            },
            **({"parallelCopies": activity.parallel_copies} if activity.parallel_copies else {}),
        },
    }


def _place(side: Source | Sink, documents: Documents, filled: Filled | None) -> Place:
    if isinstance(side, HttpFile):
        base, path = _split(side.url)
        return Place(documents.http(base), "HttpServerLocation", {"relativeUrl": path})
    if isinstance(side, TriggeredFile):
        return Place(documents.own_files(), "AzureBlobStorageLocation", _of_trigger(filled))
    if isinstance(side, OtherFiles):
        service, container = documents.other_files(side.account), side.container
    else:
        service, container = documents.own_files(), names.CONTAINER
    return Place(service, "AzureBlobStorageLocation", _files(container, side))


def _files(container: str, files: Files) -> dict[str, str]:
    parts = {"container": container, "folderPath": files.folder, "fileName": files.file}
    return {name: text for name, text in parts.items() if text}


def _of_trigger(filled: Filled | None) -> dict[str, str]:
    """A trigger tells the folder with its container before it: "data/incoming"."""
    if filled is None:
        raise ValueError("no parameter is filled with a created file")
    folder = f"split(pipeline().parameters.{filled.folder}, '/')"
    return {
        "container": f"@first({folder})",
        "folderPath": f"@join(skip({folder}, 1), '/')",
        "fileName": f"@pipeline().parameters.{filled.file}",
    }


def _dataset(
    activity: CopyActivity, side: str, place: Place, format: FileFormat, documents: Documents
) -> Properties:
    """Expressions know a run's values, a dataset does not: it gets them as its parameters."""
    computed = {name: text for name, text in place.parts.items() if is_expression(text)}
    location: dict[str, Any] = {"type": place.type}
    for name, text in place.parts.items():
        location[name] = written(f"@dataset().{name}") if name in computed else text
    name = documents.dataset(
        f"{plain(activity.name)}_{side}",
        {
            "type": format,
            "linkedServiceName": place.service,
            "typeProperties": {"location": location, **FORMATS[format]},
            **({"parameters": {name: {"type": "String"} for name in computed}} if computed else {}),
        },
    )
    reference: Properties = {"referenceName": name, "type": "DatasetReference"}
    if computed:
        reference["parameters"] = {each: written(text) for each, text in computed.items()}
    return reference


def _read_settings(source: Source) -> Properties:
    if isinstance(source, HttpFile):
        return {"type": "HttpReadSettings", "requestMethod": "GET"}
    settings: Properties = {"type": "AzureBlobStorageReadSettings", "recursive": True}
    if isinstance(source, Files) and not source.file:
        settings["wildcardFileName"] = "*"
    return settings


def _split(url: str) -> tuple[str, str]:
    """The linked service has the host, the dataset what comes after it."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}/"
    return base, url.removeprefix(base) if url.startswith(base) else ""
