"""Resources that a crash may have left in the cloud: made, but not in the engine's state.

All have fixed names from the slug. What has tags has to have ours: a stranger's resource of the
same name is not taken over. What is in our factory or account is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotFound

from . import names

Inputs = Mapping[str, Any]
PREFIX = "azure-native:"
# By kind: the id below the resource group, and the version of the API that shows it. The last
# two are found by the resource that they are in.
TAGGED = {
    "datafactory:Factory": ("Microsoft.DataFactory/factories/{factoryName}", "2018-06-01"),
    "storage:StorageAccount": ("Microsoft.Storage/storageAccounts/{accountName}", "2023-05-01"),
    "eventgrid:Topic": ("Microsoft.EventGrid/topics/{topicName}", "2025-02-15"),
}
INSIDE = {
    "datafactory:LinkedService": ("linkedservices/{linkedServiceName}", "datafactory:Factory"),
    "datafactory:Dataset": ("datasets/{datasetName}", "datafactory:Factory"),
    "datafactory:Pipeline": ("pipelines/{pipelineName}", "datafactory:Factory"),
    "datafactory:Trigger": ("triggers/{triggerName}", "datafactory:Factory"),
    "storage:BlobContainer": (
        "blobServices/default/containers/{containerName}",
        "storage:StorageAccount",
    ),
}
GROUPS_API = "2024-11-01"
ASSIGNMENTS_API = "2022-04-01"


def find(session: Session, spec: StackSpec, kind: str, inputs: Inputs) -> str | None:
    found = Finder(session, spec)
    short = kind.removeprefix(PREFIX)
    if short == "resources:ResourceGroup":
        return found.group(inputs)
    if short == "authorization:RoleAssignment":
        return found.assignment(inputs)
    if short in TAGGED:
        return found.tagged(short, inputs)
    if short in INSIDE:
        return found.inside(short, inputs)
    return None


class Finder:
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._resources = session.client("resources").resources
        self._spec = spec

    def group(self, inputs: Inputs) -> str | None:
        id = f"/subscriptions/{self._spec.account}/resourceGroups/{inputs['resourceGroupName']}"
        return id if self._is_ours(self._get(id, GROUPS_API)) else None

    def tagged(self, kind: str, inputs: Inputs) -> str | None:
        form, version = TAGGED[kind]
        id = self._below(form.format_map(inputs), inputs)
        return id if self._is_ours(self._get(id, version)) else None

    def inside(self, kind: str, inputs: Inputs) -> str | None:
        form, outer = INSIDE[kind]
        within = self.tagged(outer, inputs)
        if within is None:
            return None
        id = f"{within}/{form.format_map(inputs)}"
        return id if self._get(id, TAGGED[outer][1]) is not None else None

    def assignment(self, inputs: Inputs) -> str | None:
        """Its name is a hash of ours that nobody else comes to."""
        name = inputs["roleAssignmentName"]
        id = f"{inputs['scope']}/providers/Microsoft.Authorization/roleAssignments/{name}"
        return id if self._get(id, ASSIGNMENTS_API) is not None else None

    def _below(self, path: str, inputs: Inputs) -> str:
        group = inputs["resourceGroupName"]
        return f"/subscriptions/{self._spec.account}/resourceGroups/{group}/providers/{path}"

    def _get(self, id: str, version: str) -> Mapping[str, Any] | None:
        try:
            with cloud_errors("look for what a crash left"):
                found: Mapping[str, Any] = self._resources.get_by_id(id, api_version=version)
                return found
        except NotFound:
            return None

    def _is_ours(self, found: Mapping[str, Any] | None) -> bool:
        tags = (found or {}).get("tags") or {}
        return bool(tags.get(names.TAG) == self._spec.slug)
