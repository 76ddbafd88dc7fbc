"""Who may enter the sandbox clouds: made there by its own APIs, as an admin makes them.

Each gives the fields of a Connection's method, as people would copy them into the form.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, cast

import requests
from pydantic import SecretStr

from provisioning import clouds
from provisioning.contracts import Access, Cloud
from provisioning.sandbox.azure.arm.resources import TENANT
from tests.sandbox.azure.applications import App, new_app
from tests.sandbox.azure.conftest import SandboxAzure
from tests.sandbox_process import ACCOUNTS, SandboxProcess

PROJECT, GOOGLE_REGION = ACCOUNTS[Cloud.GOOGLE]
SUBSCRIPTION, AZURE_REGION = ACCOUNTS[Cloud.AZURE]


def access(
    sandbox: SandboxProcess,
    cloud: Cloud,
    method: str,
    fields: dict[str, Any],
    *,
    identity_token: str = "",
) -> Access:
    """As a sandbox Connection with a method of its own gives it."""
    account, region = ACCOUNTS[cloud]
    typed = fields | {"region": region}
    credential, region = clouds.parse_credential(cloud, method, typed, sandbox=True)
    return Access(
        cloud=cloud,
        region=region,
        account=account,
        credential=credential,
        sandbox=sandbox.address,
        identity_token=SecretStr(identity_token) if identity_token else None,
        reference=f"skyclock-{uuid.uuid4().hex[:8]}",
    )


@dataclass(frozen=True)
class GoogleAdmin:
    """The owner of the sandbox's project."""

    sandbox: SandboxProcess

    @cached_property
    def _session(self) -> clouds.Session:
        return clouds.open_session(self.sandbox.access(cloud=Cloud.GOOGLE))

    @property
    def _accounts(self) -> Any:
        return self._session.client("iam").projects().serviceAccounts()

    def account(self, *roles: str) -> str:
        """A service account with these roles on the project: its e-mail."""
        body = {"accountId": f"sky-{uuid.uuid4().hex[:12]}", "serviceAccount": {}}
        made = self._accounts.create(name=f"projects/{PROJECT}", body=body).execute()
        for role in roles:
            self.grant(f"serviceAccount:{made['email']}", role)
        return str(made["email"])

    def grant(self, member: str, role: str) -> None:
        projects = self._session.client("cloudresourcemanager").projects()
        name = f"projects/{PROJECT}"
        policy = projects.getIamPolicy(resource=name, body={}).execute()
        bindings = [*policy.get("bindings", []), {"role": role, "members": [member]}]
        body = {"policy": {**policy, "bindings": bindings}}
        projects.setIamPolicy(resource=name, body=body).execute()

    def let(self, member: str, role: str, *, on: str) -> None:
        """On one service account only."""
        name = f"projects/{PROJECT}/serviceAccounts/{on}"
        policy = self._accounts.getIamPolicy(resource=name).execute()
        bindings = [*policy.get("bindings", []), {"role": role, "members": [member]}]
        body = {"policy": {**policy, "bindings": bindings}}
        self._accounts.setIamPolicy(resource=name, body=body).execute()

    def key(self, email: str) -> str:
        """The text of a new key's file, as Google gives it."""
        name = f"projects/{PROJECT}/serviceAccounts/{email}"
        made = self._accounts.keys().create(name=name, body={}).execute()
        return base64.b64decode(made["privateKeyData"]).decode()

    def delete_key(self, email: str, key: str) -> None:
        id = json.loads(key)["private_key_id"]
        name = f"projects/{PROJECT}/serviceAccounts/{email}/keys/{id}"
        self._accounts.keys().delete(name=name).execute()

    def provider(self, issuer: str, audience: str) -> str:
        """A workload identity pool's provider that trusts this issuer: its full name."""
        pools = self._session.client("iam").projects().locations().workloadIdentityPools()
        parent = f"projects/{PROJECT}/locations/global"
        id = f"sky-{uuid.uuid4().hex[:12]}"
        pool = pools.create(parent=parent, workloadIdentityPoolId=id, body={}).execute()
        name = pool["response"]["name"]
        body = {
            "attributeMapping": {"google.subject": "assertion.sub"},
            "oidc": {"issuerUri": issuer, "allowedAudiences": [audience]},
        }
        wish = pools.providers().create(
            parent=name, workloadIdentityPoolProviderId="skyclock", body=body
        )
        return str(wish.execute()["response"]["name"])


def entra_app(sandbox: SandboxProcess) -> App:
    """An application with its service principal, which has no role anywhere yet."""
    return new_app(cast(SandboxAzure, SimpleNamespace(url=sandbox.address.azure_url)))


def entra_fields(app: App, **more: str) -> dict[str, str]:
    return {
        "tenant_id": TENANT, "client_id": app.app_id, "subscription_id": SUBSCRIPTION, **more,
    }  # fmt: skip


def give_role(
    sandbox: SandboxProcess,
    principal: str,
    role: str,
    *,
    scope: str = f"/subscriptions/{SUBSCRIPTION}",
) -> None:
    """A role of the built-in ones, on the subscription where nothing else is said."""
    arm = f"{sandbox.address.azure_url}/arm"
    headers = {"Authorization": f"Bearer sandbox-only-token-of-{SUBSCRIPTION}"}
    named = requests.get(
        f"{arm}{scope}/providers/Microsoft.Authorization/roleDefinitions",
        params={"api-version": "2022-04-01", "$filter": f"roleName eq '{role}'"},
        headers=headers,
        timeout=60,
    ).json()["value"]
    body = {"properties": {"roleDefinitionId": named[0]["id"], "principalId": principal,
                           "principalType": "ServicePrincipal"}}  # fmt: skip
    answer = requests.put(
        f"{arm}{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
        params={"api-version": "2022-04-01"},
        json=body,
        headers=headers,
        timeout=60,
    )
    assert answer.status_code in (200, 201), answer.text


@dataclass(frozen=True)
class AwsAdmin:
    """Who may do everything in the sandbox's account, and in another one that enters it."""

    sandbox: SandboxProcess

    def iam(self, account: str = "") -> Any:
        return clouds.open_session(self.sandbox.access(account)).client("iam")

    def user(self, account: str = ACCOUNTS[Cloud.AWS][0], **policy: Any) -> dict[str, str]:
        """A user with this one statement: the key's fields."""
        iam, name = self.iam(account), f"sky-{uuid.uuid4().hex[:12]}"
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=_document(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}

    def role(self, trust: dict[str, Any], *statements: dict[str, Any]) -> str:
        """Who trusts by this statement and may do what these say: its ARN."""
        iam, name = self.iam(), f"sky-{uuid.uuid4().hex[:12]}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="p", PolicyDocument=_document(*statements)
            )
        return str(role["Arn"])

    def provider(self, issuer: str, audience: str) -> str:
        made = self.iam().create_open_id_connect_provider(Url=issuer, ClientIDList=[audience])
        return str(made["OpenIDConnectProviderArn"])


def allowed(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def trusting(account: str, external_id: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
