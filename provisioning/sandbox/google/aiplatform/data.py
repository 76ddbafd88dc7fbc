"""What a job reads and writes in Cloud Storage, as its account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.google.accounts import Access
from provisioning.sandbox.google.aiplatform.records import CustomJob
from provisioning.sandbox.google.chance import chance
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.storage.service import Storage

_URI = re.compile(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]+)/?(?P<name>\S*)")
_READ = re.compile(r"input|data|train|source|read", re.IGNORECASE)


class JobData:
    def __init__(self, identity: Identity, storage: Storage) -> None:
        self._access: Access = identity.access
        self._storage = storage

    def unreadable(self, job: CustomJob) -> str:
        """The first input that is not there or that the account may not read, in the words of
        the client that a container would use."""
        for uri in inputs_of(job):
            match = _URI.fullmatch(uri)
            bucket = self._storage.buckets.table.get(match["bucket"]) if match else None
            if match is None or bucket is None:
                return f"google.api_core.exceptions.NotFound: 404 GET {uri}: bucket not found"
            permission = "storage.objects.get"
            if not self._access.allows(job.account, permission, bucket.resource):
                return _forbidden(job.account, permission, uri)
            if not self._there(bucket.name, match["name"]):
                return f"google.api_core.exceptions.NotFound: 404 GET {uri}: No such object"
        return ""

    def write_model(self, job: CustomJob, metrics: dict[str, float]) -> str:
        """The model, below the job's output; why that cannot be written."""
        match = _URI.fullmatch(job.output) if job.output else None
        if match is None:
            return ""
        bucket = self._storage.buckets.table.get(match["bucket"])
        if bucket is None:
            return f"google.api_core.exceptions.NotFound: 404 POST {job.output}: bucket not found"
        permission = "storage.objects.create"
        if not self._access.allows(job.account, permission, bucket.resource):
            return _forbidden(job.account, permission, job.output)
        model = {"job": job.name, "inputs": list(inputs_of(job)), "metrics": metrics}
        folder = match["name"].rstrip("/")
        name = f"{folder}/model/model.json" if folder else "model/model.json"
        fields = {"contentType": "application/json"}
        self._storage.objects.write(bucket, name, json.dumps(model).encode(), fields)
        return ""

    def _there(self, bucket: str, name: str) -> bool:
        """An object, or something in a folder."""
        if not name or name.endswith("/") or "*" in name:
            prefix = name.partition("*")[0]
            return any(
                one.name.startswith(prefix) for one in self._storage.objects.in_bucket(bucket)
            )
        return self._storage.objects.live(bucket, name) is not None


def inputs_of(job: CustomJob) -> Iterator[str]:
    """Addresses in arguments and variables whose names say that they are read."""
    seen = set()
    for pool in job.spec["workerPoolSpecs"]:
        for name, value in _named(pool.get("containerSpec", {})):
            match = _URI.search(value)
            if match and _READ.search(name) and match[0] not in seen:
                seen.add(match[0])
                yield match[0]


def metrics_of(job: CustomJob) -> dict[str, float]:
    """Believable ones, the same each time."""
    random = chance("metrics", job.name)
    return {
        "accuracy": round(random.uniform(0.82, 0.97), 4),
        "loss": round(random.uniform(0.05, 0.35), 4),
    }


def _named(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """`--input=gs://…`, `--input gs://…` and variables, each with its name."""
    before = ""
    for argument in container.get("args", []):
        name, equals, value = argument.partition("=")
        yield (name, value) if equals else (before, argument)
        before = argument
    for one in container.get("env", []):
        yield one.get("name", ""), one.get("value", "")


def _forbidden(account: str, permission: str, uri: str) -> str:
    return (
        f"google.api_core.exceptions.Forbidden: 403 {account} does not have {permission} access "
        f"to the Google Cloud Storage object. Permission '{permission}' denied on resource "
        f"(or it may not exist): {uri}"
    )
