"""The simulated Google: a service account with a custom role, and a way in."""

from __future__ import annotations

import base64
from typing import Any

from provisioning.clouds.errors import cloud_errors
from provisioning.clouds.google import GoogleSession
from provisioning.clouds.setting_up.facts import Facts
from provisioning.clouds.setting_up.google_parts import (
    CONDITION,
    POOL,
    POOL_USER,
    PROVIDER,
    TOKEN_CREATOR,
    audience,
    base_name,
    member,
    permissions,
)
from provisioning.contracts import Access
from provisioning.errors import NotFound


def set_up(facts: Facts, access: Access) -> dict[str, str]:
    session = GoogleSession(access)
    hand = Hand(session, facts)
    with cloud_errors("set the project up"):
        account = hand.make_account(facts.google_name)
        hand.give_role(account)
        made = {
            "federation": hand.federate, "impersonation": hand.impersonate,
            "service_account": hand.make_key,
        }[facts.method](account)  # fmt: skip
    return {**made, "project": facts.account, "region": access.region}


class Hand:
    def __init__(self, session: GoogleSession, facts: Facts) -> None:
        self._facts = facts
        self._projects = session.client("cloudresourcemanager").projects()
        self._iam = session.client("iam").projects()
        self._parent = f"projects/{facts.account}"

    def make_account(self, name: str) -> str:
        """Its e-mail."""
        made = self._iam.serviceAccounts().create(
            name=self._parent, body={"accountId": name}
        ).execute()  # fmt: skip
        return str(made["email"])

    def give_role(self, account: str) -> None:
        (document,) = self._facts.policy
        role = {
            "title": f"Skyclock {self._facts.level.value}",
            "includedPermissions": permissions(self._facts),
            "stage": "GA",
        }
        made = self._iam.roles().create(
            parent=self._parent, body={"roleId": document.name, "role": role}
        ).execute()  # fmt: skip
        _bind(self._projects, self._parent, made["name"], f"serviceAccount:{account}")

    def federate(self, account: str) -> dict[str, str]:
        project = self._projects.get(name=self._parent).execute()
        number = str(project["name"]).rpartition("/")[2]
        self._ensure_provider()
        name = f"{self._parent}/serviceAccounts/{account}"
        _bind(self._iam.serviceAccounts(), name, POOL_USER, member(self._facts, number))
        return {"audience": audience(number), "service_account_email": account}

    def impersonate(self, account: str) -> dict[str, str]:
        base = self.make_account(base_name(self._facts))
        name = f"{self._parent}/serviceAccounts/{account}"
        _bind(self._iam.serviceAccounts(), name, TOKEN_CREATOR, f"serviceAccount:{base}")
        return {**self.make_key(base), "target_principal": account}

    def make_key(self, account: str) -> dict[str, str]:
        keys = self._iam.serviceAccounts().keys()
        made = keys.create(name=f"{self._parent}/serviceAccounts/{account}", body={}).execute()
        return {"service_account_key": base64.b64decode(made["privateKeyData"]).decode()}

    def _ensure_provider(self) -> None:
        """Of the whole project: another Connection may have made them."""
        place = f"{self._parent}/locations/global"
        pools = self._iam.locations().workloadIdentityPools()
        if not _there(pools, f"{place}/workloadIdentityPools/{POOL}"):
            pools.create(parent=place, workloadIdentityPoolId=POOL, body={}).execute()
        pool = f"{place}/workloadIdentityPools/{POOL}"
        if not _there(pools.providers(), f"{pool}/providers/{PROVIDER}"):
            pools.providers().create(
                parent=pool,
                workloadIdentityPoolProviderId=PROVIDER,
                body={
                    "oidc": {"issuerUri": self._facts.issuer},
                    "attributeMapping": {"google.subject": "assertion.sub"},
                    "attributeCondition": CONDITION,
                },
            ).execute()


def _there(collection: Any, name: str) -> bool:
    try:
        with cloud_errors("see what is there"):
            collection.get(name=name).execute()
    except NotFound:
        return False
    return True


def _bind(collection: Any, resource: str, role: str, who: str) -> None:
    policy = collection.getIamPolicy(resource=resource).execute()
    bindings = [*policy.get("bindings", []), {"role": role, "members": [who]}]
    collection.setIamPolicy(
        resource=resource, body={"policy": {**policy, "bindings": bindings}}
    ).execute()
