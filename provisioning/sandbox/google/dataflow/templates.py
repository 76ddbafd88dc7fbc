"""Templates: which there are, what they ask for, and what they do in which order.
https://cloud.google.com/dataflow/docs/concepts/dataflow-templates"""

from __future__ import annotations

import json
import re
from typing import Any

from provisioning.sandbox.google.dataflow.records import Launch
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.google.storage.service import Storage

_PATH = re.compile(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]+)/(?P<name>.+)")
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,1022}[a-z0-9])?")
# Google's own, which everybody may read.
_PUBLIC = re.compile(r"dataflow-templates(-[a-z0-9-]+)?")
_PUBLIC_DATA = re.compile(r"dataflow-(samples|templates.*)|apache-beam-samples|cloud-samples-data|"
                          r"gcp-public-data-.+|cloud-training-.+")  # fmt: skip
_STAGES: dict[str, tuple[str, ...]] = {
    "Word_Count": ("ReadLines", "CountWords", "WriteCounts"),
}
_USUAL = ("ReadInput", "Transform", "WriteOutput")


class Templates:
    def __init__(self, identity: Identity, storage: Storage) -> None:
        self._buckets = storage.buckets
        self._objects = storage.objects
        self._access = identity.access

    def require(self, launch: Launch) -> None:
        """The template can be launched like this. Raises INVALID_ARGUMENT."""
        if not _NAME.fullmatch(launch.name):
            message = (
                f"The workflow could not be created. Causes: The job name '{launch.name}' is "
                "invalid: it may only contain the characters [-a-z0-9], starting with a letter "
                "and ending with a letter or number."
            )
            raise refusal("INVALID_ARGUMENT", message)
        bucket, name = self.split(launch.template)
        if _PUBLIC.fullmatch(bucket):
            _require_kind(launch, name)
            return
        content = self._read(launch, bucket, name)
        _require_parameters(launch, _metadata(launch, content))

    def split(self, path: str) -> tuple[str, str]:
        match = _PATH.fullmatch(path)
        if match is None:
            message = f"Invalid template file path '{path}': it must be like gs://bucket/object."
            raise refusal("INVALID_ARGUMENT", message)
        return match["bucket"], match["name"]

    def missing_input(self, launch: Launch) -> str:
        """The first of what it is to read that is not there, in the words of Apache Beam."""
        for key, value in launch.parameters.items():
            match = _PATH.fullmatch(value)
            if match and "input" in key.lower() and not self._matches(match["bucket"], match[2]):
                return f"java.io.FileNotFoundException: No files matched spec: {value}"
        place = str(launch.environment.get("tempLocation", ""))
        match = _PATH.match(place.rstrip("/") + "/x") if place else None
        if match and not self._buckets.table.get(match["bucket"]):
            return f"Failed to access the temporary location {place}: the bucket does not exist."
        return ""

    def unreadable(self, launch: Launch, worker: str) -> str:
        """What of its input the worker's account may not read."""
        for key, value in launch.parameters.items():
            match = _PATH.fullmatch(value)
            bucket = self._buckets.table.get(match["bucket"]) if match else None
            if bucket and "input" in key.lower():
                permission = "storage.objects.get"
                if not self._access.allows(worker, permission, bucket.resource):
                    return (
                        f"{worker} does not have {permission} access to the Google Cloud "
                        f"Storage object. Permission '{permission}' denied on resource: {value}"
                    )
        return ""

    def _matches(self, bucket: str, pattern: str) -> bool:
        if _PUBLIC_DATA.fullmatch(bucket):
            return True
        names = [stored.name for stored in self._objects.in_bucket(bucket)]
        expression = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
        return any(re.fullmatch(expression, name) for name in names)

    def _read(self, launch: Launch, bucket: str, name: str) -> dict[str, Any]:
        found = self._buckets.table.get(bucket)
        stored = self._objects.live(bucket, name) if found else None
        if found is None or stored is None:
            raise refusal("INVALID_ARGUMENT", f"Unable to open template file: '{launch.template}'.")
        agent = launch.worker or default_account(launch.project)
        if not self._access.allows(agent, "storage.objects.get", found.resource):
            message = (
                f"Template file failed to load: {launch.template}. Permissions denied. {agent} "
                f"does not have storage.objects.get access to {bucket}/{name}."
            )
            raise refusal("INVALID_ARGUMENT", message)
        try:
            content = json.loads(self._objects.read(stored))
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise _invalid(launch)
        return content


def stages_of(launch: Launch) -> list[str]:
    return list(_STAGES.get(launch.template.rpartition("/")[2], _USUAL))


def _invalid(launch: Launch) -> Exception:
    return refusal("INVALID_ARGUMENT", f"Invalid template file {launch.template}")


def _require_kind(launch: Launch, name: str) -> None:
    """Google keeps its flex templates in a folder of their own."""
    if launch.flexible != ("/flex/" in f"/{name}"):
        raise _invalid(launch)


def _metadata(launch: Launch, content: dict[str, Any]) -> dict[str, Any]:
    if launch.flexible and not isinstance(content.get("image"), str):
        raise _invalid(launch)
    metadata = content.get("metadata", {})
    return metadata if isinstance(metadata, dict) else {}


def _require_parameters(launch: Launch, metadata: dict[str, Any]) -> None:
    """What a template's metadata calls for has to be there, and nothing else."""
    described = {
        str(one.get("name")): one for one in metadata.get("parameters", []) if isinstance(one, dict)
    }
    if not described:
        return
    wrong = [f"{name}: Unrecognized parameter" for name in launch.parameters.keys() - described]
    for name, one in described.items():
        value = launch.parameters.get(name)
        if value is None and not one.get("isOptional"):
            wrong.append(f"{name}: Missing required parameter")
        patterns = [str(pattern) for pattern in one.get("regexes", [])]
        if value is not None and patterns and not any(re.search(p, value) for p in patterns):
            wrong.append(f"{name}: Unmatched parameter value '{value}'")
    if wrong:
        message = "The template parameters are invalid. Details: \n" + "\n".join(sorted(wrong))
        raise refusal("INVALID_ARGUMENT", message)
