"""The copy activity. From blobs to blobs it really copies; else it only takes its time."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from provisioning.sandbox.azure.datafactory.data.access import NoAccess
from provisioning.sandbox.azure.datafactory.data.places import Place, Places
from provisioning.sandbox.azure.datafactory.data.tables import TABLES, read_rows, write_rows
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Failed,
    Later,
    Outcome,
    Step,
    failed,
)
from provisioning.sandbox.azure.storage.blobs import Written
from provisioning.sandbox.azure.storage.records import Blob

_BYTES_A_SECOND = 20_000_000
_SOURCE = "Source=Microsoft.DataTransfer.ClientLibrary"
_TYPE = "'Type=Microsoft.DataTransfer.Common.Shared.HybridDeliveryException"


def delivery_error(code: str, message: str) -> Failed:
    """As the copying part of the service words what went wrong."""
    return failed("2200", f"ErrorCode={code},{_TYPE},Message={message},{_SOURCE},'")


def missing_blob(place: Place) -> Failed:
    assert place.account
    address = f"https://{place.account.name}.blob.core.windows.net/{place.container}"
    message = f"The required Blob is missing. ContainerName: {address}, path: {place.path}."
    return delivery_error("UserErrorSourceBlobNotExist", message)


class Copy(ActivityType):
    def __init__(self, places: Places) -> None:
        self._places = places

    def begin(self, step: Step) -> Outcome:
        source, sink = self._ends(step)
        size = 0
        if source.account is not None:
            try:
                self._places.require(step, source)
                if sink.account is not None:
                    self._places.require(step, sink, writing=True)
            except NoAccess as error:
                return delivery_error("AzureStorageOperationFailedForbidden", str(error))
            found = self._places.found(source, self._settings(step, "source"))
            if not found:
                return missing_blob(source)
            size = sum(blob.size for blob in found)
        seconds = step.seconds(4, 12) + size / _BYTES_A_SECOND
        step.memory["seconds"] = seconds
        return Later(seconds)

    def resume(self, step: Step) -> Outcome:
        source, sink = self._ends(step)
        if source.account is None or sink.account is None:
            return Done(self._told(step, **_invented(step, source, sink)))
        found = self._places.found(source, self._settings(step, "source"))
        if not found:
            return missing_blob(source)
        if not self._places.has_container(sink):
            message = f"The container '{sink.container}' does not exist."
            return delivery_error("UserErrorContainerNotExist", message)
        if source.kind == sink.kind:
            return self._as_they_are(step, source, sink, found)
        if source.kind in TABLES and sink.kind in TABLES:
            return self._converted(step, source, sink, found)
        note = f"The sandbox does not turn {source.kind} into {sink.kind}: nothing was written."
        return Done(self._told(step, simulated=note))

    def _as_they_are(self, step: Step, source: Place, sink: Place, found: list[Blob]) -> Outcome:
        assert sink.account
        rows = 0
        for blob in found:
            rows += self._rows(source, blob)
            name = _target(blob, source, sink, self._settings(step, "sink"), len(found))
            self._places.blobs.copy(blob, sink.account, sink.container, name)
        size = sum(blob.size for blob in found)
        counted = {"rowsRead": rows, "rowsCopied": rows} if source.kind in TABLES else {}
        return Done(
            self._told(
                step, dataRead=size, dataWritten=size, filesRead=len(found),
                filesWritten=len(found), **counted,
            )
        )  # fmt: skip

    def _converted(self, step: Step, source: Place, sink: Place, found: list[Blob]) -> Outcome:
        assert sink.account
        read = written = rows = 0
        for blob in found:
            try:
                table = read_rows(source.kind, source.given, self._places.blobs.read(blob))
            except ValueError as error:
                return delivery_error("UserErrorInvalidData", f"{blob.name}: {error}")
            data = write_rows(sink.kind, sink.given, table)
            name = _target(blob, source, sink, self._settings(step, "sink"), len(found))
            self._places.blobs.put(sink.account, sink.container, name, data, Written())
            read, written, rows = read + blob.size, written + len(data), rows + len(table)
        return Done(
            self._told(
                step, dataRead=read, dataWritten=written, filesRead=len(found),
                filesWritten=len(found), rowsRead=rows, rowsCopied=rows,
            )
        )  # fmt: skip

    def _rows(self, place: Place, blob: Blob) -> int:
        if place.kind not in TABLES:
            return 0
        try:
            return len(read_rows(place.kind, place.given, self._places.blobs.read(blob)))
        except ValueError:
            return 0

    def _ends(self, step: Step) -> tuple[Place, Place]:
        return (
            self._places.of(step, step.spec["inputs"][0]),
            self._places.of(step, step.spec["outputs"][0]),
        )

    def _settings(self, step: Step, end: str) -> dict[str, Any]:
        return dict((step.given(end) or {}).get("storeSettings") or {})

    def _told(self, step: Step, **more: Any) -> dict[str, Any]:
        seconds = max(1, round(step.memory["seconds"]))
        read = int(more.get("dataRead", 0))
        return {
            "dataRead": 0, "dataWritten": 0, **more,
            "copyDuration": seconds,
            "throughput": round(read / 1024 / seconds, 3),
            "errors": [],
            "effectiveIntegrationRuntime": "AutoResolveIntegrationRuntime (West Europe)",
            "usedDataIntegrationUnits": 4,
            "usedParallelCopies": 1,
            "durationInQueue": {"integrationRuntimeQueue": 0},
        }  # fmt: skip


def _target(blob: Blob, source: Place, sink: Place, settings: dict[str, Any], count: int) -> str:
    if sink.file and count == 1:
        return sink.path
    relative = blob.name.removeprefix(source.prefix)
    if settings.get("copyBehavior") == "FlattenHierarchy":
        relative = PurePosixPath(relative).name
    return f"{sink.prefix}{relative}"


def _invented(step: Step, source: Place, sink: Place) -> dict[str, Any]:
    far = source if source.account is None else sink
    rows = step.chance.randrange(100, 20_000)
    note = f"The sandbox has no {far.service} '{far.dataset}': nothing was copied."
    return {"rowsRead": rows, "rowsCopied": rows, "simulated": note}
