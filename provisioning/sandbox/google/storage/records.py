"""What Cloud Storage keeps. Times are seconds since the epoch."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from provisioning.sandbox.google.projects import number_of
from provisioning.sandbox.google.times import written
from provisioning.sandbox.records import Record

SELF = "https://www.googleapis.com/storage/v1"


class Bucket(Record):
    """`settings` are what its owner said, with what Google adds."""

    name: str
    project: str
    location: str
    settings: dict[str, Any] = {}
    generation: int
    metageneration: int = 1
    created: float
    updated: float

    @property
    def key(self) -> str:
        return self.name

    @property
    def resource(self) -> str:
        """Its name in IAM."""
        return f"projects/{self.project}/buckets/{self.name}"

    @property
    def keeps_versions(self) -> bool:
        return bool(self.settings.get("versioning", {}).get("enabled"))

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Of its objects' lives."""
        found: list[dict[str, Any]] = self.settings.get("lifecycle", {}).get("rule", [])
        return found

    def described(self) -> dict[str, Any]:
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "selfLink": f"{SELF}/b/{self.name}",
            "name": self.name,
            "projectNumber": number_of(self.project),
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "location": self.location,
            "locationType": location_type(self.location),
            "etag": _etag(self.metageneration),
            "timeCreated": written(self.created),
            "updated": written(self.updated),
            **self.settings,
        }


class StoredObject(Record):
    """One generation of an object; its content lies apart, under `content`."""

    bucket: str
    name: str
    generation: int
    metageneration: int = 1
    size: int
    md5: str = ""  # not of a composed one
    crc32c: str
    parts: int = 0  # of a composed one
    content: str
    fields: dict[str, Any] = {}  # what its writer said of it
    created: float
    updated: float
    deleted: float | None = None  # when it ceased to be the live one

    @property
    def key(self) -> str:
        return f"{self.bucket}/{self.name}#{self.generation}"

    @property
    def content_type(self) -> str:
        return str(self.fields.get("contentType", "application/octet-stream"))

    @property
    def storage_class(self) -> str:
        return str(self.fields.get("storageClass", "STANDARD"))

    def described(self, url: str) -> dict[str, Any]:
        """`url` is where the API is reached: clients download from `mediaLink`."""
        path = f"/b/{self.bucket}/o/{quote(self.name, safe='')}"
        return {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "selfLink": f"{SELF}{path}",
            "mediaLink": f"{url}/download/storage/v1{path}?generation={self.generation}&alt=media",
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "storageClass": self.storage_class,
            "size": str(self.size),
            "crc32c": self.crc32c,
            "etag": _etag(self.generation + self.metageneration),
            "timeCreated": written(self.created),
            "updated": written(self.updated),
            "timeStorageClassUpdated": written(self.created),
            "timeFinalized": written(self.created),
            **({"md5Hash": self.md5} if self.md5 else {}),
            **({"componentCount": self.parts} if self.parts else {}),
            **({"timeDeleted": written(self.deleted)} if self.deleted is not None else {}),
            **self.fields,
        }


class Upload(Record):
    """A resumable upload that has not ended; `received` bytes lie under its id."""

    id: str
    bucket: str
    parameters: dict[str, str]
    fields: dict[str, Any]
    begun: float
    received: int = 0

    @property
    def key(self) -> str:
        return self.id


def location_type(location: str) -> str:
    if location in ("US", "EU", "ASIA"):
        return "multi-region"
    return "region" if "-" in location else "dual-region"


def _etag(number: int) -> str:
    return base64.b64encode(b"\x08" + number.to_bytes(8)).decode()
