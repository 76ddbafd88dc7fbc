"""Resource Manager: projects and their IAM policies.
https://cloud.google.com/resource-manager/reference/rest"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import Call, Operations
from provisioning.sandbox.google.iam_methods import IamMethods
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.projects import Project
from provisioning.sandbox.google.times import written


class ResourceManager:
    def __init__(self, identity: Identity) -> None:
        self._projects = identity.projects
        self._iam = IamMethods(identity, lambda call: f"projects/{self._of(call).id}")

    def operations(self, *, version: int) -> Operations:
        return {
            **self._iam.operations("projects"),
            "projects.get": self._get_v1 if version == 1 else self._get_v3,
        }

    def _of(self, call: Call) -> Project:
        return self._projects.find(call.project)

    def _get_v1(self, call: Call) -> dict[str, Any]:
        project = self._of(call)
        return {
            "projectNumber": project.number,
            "projectId": project.id,
            "lifecycleState": "ACTIVE",
            "name": project.id,
            "createTime": written(project.created),
        }

    def _get_v3(self, call: Call) -> dict[str, Any]:
        return _described_v3(self._of(call))


def _described_v3(project: Project) -> dict[str, Any]:
    return {
        "name": f"projects/{project.number}",
        "projectId": project.id,
        "state": "ACTIVE",
        "displayName": project.id,
        "createTime": written(project.created),
        "updateTime": written(project.created),
        "etag": "W/0",
    }
