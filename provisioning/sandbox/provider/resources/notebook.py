from __future__ import annotations

import time
from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import integer, listed, record, text, to_api
from provisioning.sandbox.provider.refusals import Cancelled, CloudRefused, Refusal
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.values import Properties

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
_SWITCH = ("Enabled", "Disabled")
_LONGEST_SECONDS, _GLANCE_SECONDS = 600.0, 0.4
# What leaving a property out means to UpdateNotebookInstance only by a flag.
_TAKEN_AWAY = {
    "additionalCodeRepositories": "DisassociateAdditionalCodeRepositories",
    "defaultCodeRepository": "DisassociateDefaultCodeRepository",
    "lifecycleConfigName": "DisassociateLifecycleConfig",
}


class NotebookInstance(Resource):
    """A notebook instance; its id is its name. It is changed and ended while it is stopped, and
    runs again after a change if it ran before."""

    type = "aws:sagemaker/notebookInstance:NotebookInstance"
    label = "SageMaker AI Notebook Instance"
    naming = Naming(prefix=None, longest=63)
    inputs = {
        "additionalCodeRepositories": listed(text(), is_set=True),
        "defaultCodeRepository": text(low=1, high=1024),
        "directInternetAccess": text(default="Enabled", choices=_SWITCH, replaces=True),
        "instanceMetadataServiceConfiguration": record(
            {"minimumInstanceMetadataServiceVersion": text(computed=True, choices=("1", "2"))},
            computed=True,
        ),
        "instanceType": text(required=True, pattern=r"ml\..+"),
        "kmsKeyId": text(replaces=True),
        "lifecycleConfigName": text(high=63),
        "name": text(low=1, high=63, pattern=_NAME, computed=True, replaces=True),
        "platformIdentifier": text(computed=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "roleArn": text(required=True, low=20, high=2048),
        "rootAccess": text(default="Enabled", choices=_SWITCH),
        "securityGroups": listed(
            text(), is_set=True, computed=True, replaces=True, api="SecurityGroupIds"
        ),
        "subnetId": text(replaces=True),
        "tags": tags.MAPPED,
        "volumeSize": integer(default=5, low=5, high=16384, api="VolumeSizeInGB"),
    }
    outputs = ("arn", "networkInterfaceId", "tagsAll", "url")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["name"])
        cloud.call(
            "sagemaker",
            "create_notebook_instance",
            NotebookInstanceName=name,
            Tags=tags.as_pairs(tags.wanted(cloud, inputs)),
            **_wish(inputs),
        )
        return name

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        _await(cloud, id, "InService")

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = _find(cloud, id)
        if found is None or found["NotebookInstanceStatus"] == "Deleting":
            return None
        listed = cloud.call("sagemaker", "list_tags", ResourceArn=found["NotebookInstanceArn"])
        service = found.get("InstanceMetadataServiceConfiguration", {})
        return {
            "additionalCodeRepositories": found.get("AdditionalCodeRepositories") or None,
            "arn": found["NotebookInstanceArn"],
            "defaultCodeRepository": found.get("DefaultCodeRepository"),
            "directInternetAccess": found["DirectInternetAccess"],
            "instanceMetadataServiceConfiguration": {
                "minimumInstanceMetadataServiceVersion": service.get(
                    "MinimumInstanceMetadataServiceVersion"
                )
            },
            "instanceType": found["InstanceType"],
            "kmsKeyId": found.get("KmsKeyId"),
            "lifecycleConfigName": found.get("NotebookInstanceLifecycleConfigName"),
            "name": found["NotebookInstanceName"],
            "networkInterfaceId": found.get("NetworkInterfaceId"),
            "platformIdentifier": found["PlatformIdentifier"],
            "region": cloud.region,
            "roleArn": found["RoleArn"],
            "rootAccess": found["RootAccess"],
            "securityGroups": found.get("SecurityGroups") or None,
            "subnetId": found.get("SubnetId"),
            "url": found["Url"],
            "volumeSize": found["VolumeSizeInGB"],
            **tags.shown(cloud, tags.as_map(listed["Tags"])),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if changed - {"tags"}:
            self._change(cloud, id, news, changed - {"tags"})
        if "tags" in changed:
            _set_tags(cloud, str(olds["arn"]), tags.wanted(cloud, news))

    def _change(self, cloud: Cloud, id: str, news: Properties, changed: set[str]) -> None:
        before = _status(cloud, id)
        _stop(cloud, id)
        wish = {name: value for name, value in news.items() if name in changed}
        flags = {flag: True for name, flag in _TAKEN_AWAY.items() if name in changed - set(news)}
        cloud.call("sagemaker", "update_notebook_instance", NotebookInstanceName=id,
                   **_wish(wish), **flags)  # fmt: skip
        _await(cloud, id, "Stopped")
        if before == "InService":
            cloud.call("sagemaker", "start_notebook_instance", NotebookInstanceName=id)
            _await(cloud, id, "InService")

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if _find(cloud, id) is None:
            return
        _stop(cloud, id)
        cloud.call("sagemaker", "delete_notebook_instance", NotebookInstanceName=id)
        _await(cloud, id, "")


def _wish(inputs: Properties) -> dict[str, Any]:
    apart = ("name", "region", "tags")
    wish = to_api(NotebookInstance.inputs, {n: v for n, v in inputs.items() if n not in apart})
    return wish


def _find(cloud: Cloud, name: str) -> dict[str, Any] | None:
    try:
        return cloud.call("sagemaker", "describe_notebook_instance", NotebookInstanceName=name)
    except CloudRefused as refused:
        if refused.code == "ValidationException" and "RecordNotFound" in refused.message:
            return None
        raise


def _status(cloud: Cloud, name: str) -> str:
    """ "" when it is gone."""
    found = _find(cloud, name)
    return str(found["NotebookInstanceStatus"]) if found else ""


def _stop(cloud: Cloud, name: str) -> None:
    if _status(cloud, name) == "Pending":
        _await(cloud, name, "InService", "Failed")
    if _status(cloud, name) == "InService":
        cloud.call("sagemaker", "stop_notebook_instance", NotebookInstanceName=name)
    _await(cloud, name, "Stopped", "Failed")


def _await(cloud: Cloud, name: str, *wanted: str) -> None:
    """Until it is in one of these statuses; raises Refusal when it ends in another."""
    until = time.monotonic() + _LONGEST_SECONDS
    while (status := _status(cloud, name)) not in wanted:
        if cloud.cancelled.is_set():
            raise Cancelled
        if status == "Failed":
            found = _find(cloud, name) or {}
            raise Refusal(f"unexpected state 'Failed': {found.get('FailureReason', '')}")
        if time.monotonic() > until:
            raise Refusal(f"timeout while waiting for state to become '{', '.join(wanted)}'")
        cloud.cancelled.wait(_GLANCE_SECONDS)


def _set_tags(cloud: Cloud, arn: str, wanted: dict[str, str]) -> None:
    found = tags.as_map(cloud.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"])
    if old := tags.removed(found, wanted):
        cloud.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=old)
    if wanted:
        cloud.call("sagemaker", "add_tags", ResourceArn=arn, Tags=tags.as_pairs(wanted))
