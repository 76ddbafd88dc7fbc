"""Accounts of the sandbox's Google that may do what a Blueprint declares, and no more."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

from pydantic import SecretStr

from provisioning.clouds import open_session
from provisioning.contracts import Access, Cloud, Credential
from tests.sandbox_process import SandboxProcess


def account_with(
    sandbox: SandboxProcess, project: str, name: str, permissions: Iterable[str]
) -> Access:
    """A Connection by the key of a new account, which has a role of these permissions."""
    session = open_session(sandbox.access(project, cloud=Cloud.GOOGLE))
    parent = f"projects/{project}"
    projects = session.client("cloudresourcemanager").projects()
    projects.get(name=parent).execute()
    iam = session.client("iam").projects()
    role = {"title": name, "stage": "GA", "includedPermissions": sorted(set(permissions))}
    made = iam.roles().create(parent=parent, body={"roleId": name, "role": role}).execute()
    account = iam.serviceAccounts().create(name=parent, body={"accountId": name}).execute()
    policy = projects.getIamPolicy(resource=parent, body={}).execute()
    member = f"serviceAccount:{account['email']}"
    policy["bindings"].append({"role": made["name"], "members": [member]})
    projects.setIamPolicy(resource=parent, body={"policy": policy}).execute()
    key = iam.serviceAccounts().keys().create(name=account["name"], body={}).execute()
    written = base64.b64decode(key["privateKeyData"]).decode()
    fields = {"service_account_key": written, "project": project, "region": "europe-west1"}
    return Access(
        cloud=Cloud.GOOGLE,
        region="europe-west1",
        account=project,
        credential=Credential(
            method="service_account",
            fields={field: SecretStr(value) for field, value in fields.items()},
        ),
        sandbox=sandbox.address,
        reference=f"skyclock-{name}",
    )


def email_in(access: Access) -> str:
    key = json.loads(access.credential.reveal("service_account_key") or "{}")
    return str(key["client_email"])
