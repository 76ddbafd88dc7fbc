"""Functions of Google that programs may call."""

from __future__ import annotations

from collections.abc import Callable

from provisioning.sandbox.provider.rest_cloud import RestCloud
from provisioning.sandbox.provider.values import Properties


def _storage_agent(cloud: RestCloud, arguments: Properties) -> Properties:
    project = str(arguments.get("project") or cloud.account)
    found = cloud.call("GET", f"/storage/storage/v1/projects/{project}/serviceAccount")
    email = found["email_address"]
    return {
        "emailAddress": email,
        "id": email,
        "member": f"serviceAccount:{email}",
        "project": project,
        **({"userProject": arguments["userProject"]} if "userProject" in arguments else {}),
    }


def _project(cloud: RestCloud, arguments: Properties) -> Properties:
    project = str(arguments.get("projectId") or cloud.account)
    found = cloud.call("GET", f"/cloudresourcemanager/v1/projects/{project}")
    return {
        "autoCreateNetwork": True,
        "billingAccount": "",
        "deletionPolicy": "PREVENT",
        "effectiveLabels": {},
        "folderId": "",
        "id": f"projects/{project}",
        "labels": {},
        "name": found["name"],
        "number": found["projectNumber"],
        "orgId": "",
        "projectId": found["projectId"],
        "pulumiLabels": {},
        "tags": {},
    }


def _client_config(cloud: RestCloud, arguments: Properties) -> Properties:
    return {
        "accessToken": "",
        "defaultLabels": cloud.default_tags,
        "id": f"projects/{cloud.account}/regions/{cloud.region}/zones/",
        "project": cloud.account,
        "region": cloud.region,
        "zone": "",
    }


FUNCTIONS: dict[str, Callable[[RestCloud, Properties], Properties]] = {
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": _storage_agent,
    "gcp:organizations/getProject:getProject": _project,
    "gcp:organizations/getClientConfig:getClientConfig": _client_config,
}
