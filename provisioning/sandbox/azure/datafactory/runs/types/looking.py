"""Activities that look at data: lookup, metadata, validation; and the one that deletes it."""

from __future__ import annotations

import base64
from typing import Any

from provisioning.sandbox.azure.datafactory.data.access import NoAccess
from provisioning.sandbox.azure.datafactory.data.places import Place, Places
from provisioning.sandbox.azure.datafactory.data.tables import TABLES, read_rows
from provisioning.sandbox.azure.datafactory.expressions.values import written as as_text
from provisioning.sandbox.azure.datafactory.runs.steps import (
    ActivityType,
    Done,
    Later,
    Outcome,
    Step,
    failed,
)
from provisioning.sandbox.azure.datafactory.runs.types.copying import (
    delivery_error,
    missing_blob,
)
from provisioning.sandbox.azure.storage.records import Blob
from provisioning.sandbox.azure.times import short

MOST_ROWS = 5000
LARGEST_OUTPUT = 4 * 1024 * 1024
_FORBIDDEN = "AzureStorageOperationFailedForbidden"


class _Looking(ActivityType):
    """Takes a moment, then looks."""

    writes = False

    def __init__(self, places: Places) -> None:
        self._places = places

    def begin(self, step: Step) -> Outcome:
        return Later(step.seconds(1.5, 4))

    def resume(self, step: Step) -> Outcome:
        place = self._places.of(step, step.raw["dataset"])
        if place.account is None:
            return Done({**self.elsewhere(step, place), "simulated": _note(place)})
        try:
            self._places.require(step, place, writing=self.writes)
        except NoAccess as error:
            return delivery_error(_FORBIDDEN, str(error))
        return self.look(step, place)

    def look(self, step: Step, place: Place) -> Outcome:
        raise NotImplementedError

    def elsewhere(self, step: Step, place: Place) -> dict[str, Any]:
        """What is told of a place that the sandbox does not have."""
        return {}

    def found(self, step: Step, place: Place) -> list[Blob]:
        settings = step.given("storeSettings") or (step.given("source") or {}).get("storeSettings")
        return self._places.found(place, settings or {})


class Lookup(_Looking):
    def look(self, step: Step, place: Place) -> Outcome:
        found = self.found(step, place)
        if not found:
            return missing_blob(place)
        if place.kind not in TABLES:
            note = f"The sandbox reads no rows of {place.kind}."
            return Done({**self.elsewhere(step, place), "simulated": note})
        rows: list[dict[str, Any]] = []
        for blob in found:
            try:
                rows += read_rows(place.kind, place.given, self._places.blobs.read(blob))
            except ValueError as error:
                return delivery_error("UserErrorInvalidData", f"{blob.name}: {error}")
        if _first_only(step):
            return Done({"firstRow": rows[0]} if rows else {})
        kept = rows[:MOST_ROWS]
        if sum(len(as_text(row)) for row in kept) > LARGEST_OUTPUT:
            return failed("2100", "The size of the lookup's output exceeds the limit of 4 MB.")
        return Done({"count": len(kept), "value": kept})

    def elsewhere(self, step: Step, place: Place) -> dict[str, Any]:
        return {"firstRow": {}} if _first_only(step) else {"count": 0, "value": []}


class GetMetadata(_Looking):
    def look(self, step: Step, place: Place) -> Outcome:
        fields = [str(each) for each in step.given("fieldList") or []]
        blob = self._blob(place)
        exists = blob is not None or bool(self._inside(place))
        if not exists and "exists" not in fields:
            return missing_blob(place)
        told = {name: self._told(name, place, blob) for name in fields} if exists else {}
        if "exists" in fields:
            told["exists"] = exists
        return Done(told)

    def elsewhere(self, step: Step, place: Place) -> dict[str, Any]:
        return {"exists": True} if "exists" in (step.given("fieldList") or []) else {}

    def _blob(self, place: Place) -> Blob | None:
        assert place.account
        if not place.file:
            return None
        return self._places.blobs.get(place.account.name, place.container, place.path)

    def _inside(self, place: Place) -> list[Blob]:
        assert place.account
        if place.file or not self._places.has_container(place):
            return []
        return self._places.blobs.in_container(
            place.account.name, place.container, prefix=place.prefix
        )

    def _told(self, name: str, place: Place, blob: Blob | None) -> Any:
        if blob is None:
            return self._of_folder(name, place)
        rows = self._rows(place, blob) if name in ("columnCount", "structure") else []
        columns = list(rows[0]) if rows else []
        return {
            "itemName": place.file,
            "itemType": "File",
            "size": blob.size,
            "created": short(blob.created),
            "lastModified": short(blob.modified),
            "contentMD5": _hex(blob.md5),
            "columnCount": len(columns),
            "structure": [{"name": each, "type": "String"} for each in columns],
        }.get(name)

    def _of_folder(self, name: str, place: Place) -> Any:
        if name == "childItems":
            return _children(self._inside(place), place.prefix)
        newest = max((blob.modified for blob in self._inside(place)), default=0.0)
        return {
            "itemName": place.folder.rpartition("/")[2] or place.container,
            "itemType": "Folder",
            "lastModified": short(newest),
        }.get(name)

    def _rows(self, place: Place, blob: Blob) -> list[dict[str, Any]]:
        try:
            return read_rows(place.kind, place.given, self._places.blobs.read(blob))
        except ValueError:
            return []


class Delete(_Looking):
    writes = True

    def look(self, step: Step, place: Place) -> Outcome:
        assert place.account
        found = self.found(step, place)
        for blob in found:
            self._places.blobs.delete(place.account, blob)
        return Done(
            {
                "datasetName": place.dataset,
                "path": f"{place.container}/{place.path}",
                "filesDeleted": len(found),
                "recursive": step.given("recursive") is True,
            }
        )


class Validation(_Looking):
    """Looks again and again until what it waits for is there."""

    def look(self, step: Step, place: Place) -> Outcome:
        assert place.account
        found = self._places.found(place, {})
        size = sum(blob.size for blob in found)
        if found and size >= int(step.given("minimumSize") or 0):
            last = max(blob.modified for blob in found)
            return Done(
                {"exists": True, "itemName": place.file or place.folder, "size": size,
                 "itemType": "File" if place.file else "Folder", "lastModified": short(last)}
            )  # fmt: skip
        return Later(max(1.0, float(step.given("sleep") or 10)))

    def elsewhere(self, step: Step, place: Place) -> dict[str, Any]:
        return {"exists": True}


def _first_only(step: Step) -> bool:
    return step.given("firstRowOnly") is not False


def _note(place: Place) -> str:
    return f"The sandbox has no {place.service} '{place.dataset}': nothing was looked at."


def _children(found: list[Blob], prefix: str) -> list[dict[str, str]]:
    children: dict[str, str] = {}
    for blob in found:
        name, slash, _ = blob.name[len(prefix) :].partition("/")
        children[name] = "Folder" if slash else "File"
    return [{"name": name, "type": kind} for name, kind in children.items()]


def _hex(md5: str) -> str:
    return base64.b64decode(md5).hex() if md5 else ""
