"""The operations on notebook instances."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.roles import can_assume
from provisioning.sandbox.aws.sagemaker.jobs import PRINCIPAL
from provisioning.sandbox.aws.sagemaker.notebooks import Notebook, Notebooks
from provisioning.sandbox.aws.services import Call, Operation, Place
from provisioning.sandbox.aws.world import World

Answer = Mapping[str, Any]

_DEFAULTS = {
    "DirectInternetAccess": "Enabled",
    "RootAccess": "Enabled",
    "VolumeSizeInGB": 5,
    "PlatformIdentifier": "notebook-al2023-v1",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
}
_CHANGEABLE = (
    "AcceleratorTypes",
    "AdditionalCodeRepositories",
    "DefaultCodeRepository",
    "InstanceMetadataServiceConfiguration",
    "InstanceType",
    "LifecycleConfigName",
    "PlatformIdentifier",
    "RoleArn",
    "RootAccess",
    "VolumeSizeInGB",
)
_TAKEN_AWAY = {
    "DisassociateAcceleratorTypes": "AcceleratorTypes",
    "DisassociateAdditionalCodeRepositories": "AdditionalCodeRepositories",
    "DisassociateDefaultCodeRepository": "DefaultCodeRepository",
    "DisassociateLifecycleConfig": "LifecycleConfigName",
}


class NotebooksApi:
    def __init__(self, world: World, notebooks: Notebooks) -> None:
        self._clock = world.clock
        self._notebooks = notebooks

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateNotebookInstance": self.create,
            "DescribeNotebookInstance": self.describe,
            "ListNotebookInstances": self.list,
            "StartNotebookInstance": self.start,
            "StopNotebookInstance": self.stop,
            "UpdateNotebookInstance": self.update,
            "DeleteNotebookInstance": self.delete,
            "CreatePresignedNotebookInstanceUrl": self.create_url,
        }

    def create(self, call: Call) -> Answer:
        _require_role(call["RoleArn"], call.place)
        now = self._clock.now()
        apart = ("NotebookInstanceName", "Tags")
        given = {name: value for name, value in call.given.items() if name not in apart}
        notebook = Notebook(
            account=call.place.account,
            region=call.place.region,
            name=call["NotebookInstanceName"],
            settings={**_DEFAULTS, **given},
            created=now,
            modified=now,
            tags=call.get("Tags", []),
        )
        self._notebooks.create(notebook)
        return {"NotebookInstanceArn": notebook.arn}

    def describe(self, call: Call) -> Answer:
        notebook = self._find(call)
        settings = dict(notebook.settings)
        return {
            **settings,
            **_summary(notebook),
            "SecurityGroups": settings.get("SecurityGroupIds"),
            "FailureReason": notebook.failure,
            "NetworkInterfaceId": "eni-0a1b2c3d4e5f67890" if "SubnetId" in settings else None,
        }

    def list(self, call: Call) -> Answer:
        found = [
            each
            for each in self._notebooks.table
            if each.place == call.place and _wanted(each, call)
        ]
        keys = {"Name": lambda each: each.name, "Status": lambda each: each.status}
        by_time = lambda each: each.created  # noqa: E731
        found.sort(
            key=keys.get(call.get("SortBy", ""), by_time),
            reverse=call.get("SortOrder", "Descending") == "Descending",
        )
        return page(call, [_summary(each) for each in found],
                    result="NotebookInstances", default=10)  # fmt: skip

    def start(self, call: Call) -> None:
        self._notebooks.change(self._find(call), "Pending")

    def stop(self, call: Call) -> None:
        self._notebooks.change(self._find(call), "Stopping")

    def delete(self, call: Call) -> None:
        self._notebooks.change(self._find(call), "Deleting")

    def update(self, call: Call) -> Answer:
        """A stopped instance only; it is stopped again when it is done."""
        notebook = self._find(call)
        if call.get("RoleArn"):
            _require_role(call["RoleArn"], call.place)
        size, before = call.get("VolumeSizeInGB"), notebook.settings["VolumeSizeInGB"]
        if size is not None and size < before:
            raise validation(
                f"Requested volume size ({size}GB) is smaller than the current one ({before}GB): a "
                "volume can be made larger only."
            )
        self._notebooks.change(notebook, "Updating")
        for flag, name in _TAKEN_AWAY.items():
            if call.get(flag):
                notebook.settings.pop(name, None)
        for name in _CHANGEABLE:
            if call.get(name) is not None:
                notebook.settings[name] = call[name]
        self._notebooks.table.put(notebook)
        return {}

    def create_url(self, call: Call) -> Answer:
        notebook = self._find(call)
        if notebook.status != "InService":
            raise validation(
                f"Status ({notebook.status}) not in ([InService]). Unable to create a presigned "
                f"URL for Notebook Instance ({notebook.arn})"
            )
        return {
            "AuthorizedUrl": f"https://{_address(notebook)}?authToken={secrets.token_urlsafe(96)}"
        }

    def _find(self, call: Call) -> Notebook:
        return self._notebooks.find(call.place, call["NotebookInstanceName"])


def _address(notebook: Notebook) -> str:
    return f"{notebook.name.lower()}.notebook.{notebook.region}.sagemaker.aws"


def _summary(notebook: Notebook) -> dict[str, Any]:
    settings = notebook.settings
    return {
        "NotebookInstanceName": notebook.name,
        "NotebookInstanceArn": notebook.arn,
        "NotebookInstanceStatus": notebook.status,
        "Url": _address(notebook),
        "InstanceType": settings["InstanceType"],
        "CreationTime": notebook.created,
        "LastModifiedTime": notebook.modified,
        "NotebookInstanceLifecycleConfigName": settings.get("LifecycleConfigName"),
        "DefaultCodeRepository": settings.get("DefaultCodeRepository"),
        "AdditionalCodeRepositories": settings.get("AdditionalCodeRepositories"),
    }


def _wanted(notebook: Notebook, call: Call) -> bool:
    after, before = call.get("CreationTimeAfter"), call.get("CreationTimeBefore")
    return (
        call.get("NameContains", "").lower() in notebook.name.lower()
        and call.get("StatusEquals") in (None, notebook.status)
        and (after is None or notebook.created > after)
        and (before is None or notebook.created < before)
    )


def _require_role(role: str, place: Place) -> None:
    if not can_assume(role, service=PRINCIPAL, context={"aws:SourceAccount": place.account}):
        raise validation(
            f"Could not assume role {role}. Please ensure that the role exists and allows "
            f"principal '{PRINCIPAL}' to assume the role."
        )
